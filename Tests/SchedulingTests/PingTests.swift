import Testing

@testable import Scheduling

@Suite struct PingTests {
    /// A worker that has been granted shards 1 and 2.
    private func granted() -> RunMachine {
        var run = RunMachine(EntityNode("a"))
        run.add(1...9, of: "a")
        _ = run.advancePreparing()
        run.join(1, slots: 2)
        #expect(run.grantedShards() == [1, 2])
        return run
    }

    @Test func `a lease that two pings do not show is sent again, and again`() {
        var run = self.granted()
        #expect(run.ping(1, held: [1], slots: 2) == [])
        #expect(run.ping(1, held: [1], slots: 2) == [.repeatLease(2)])
        #expect(run.ping(1, held: [1], slots: 2) == [])
        #expect(run.ping(1, held: [1], slots: 2) == [.repeatLease(2)])
        #expect(run.ping(1, held: [1, 2], slots: 2) == [])
        #expect(run.ping(1, held: [1], slots: 2) == [])
    }

    @Test func `a draining worker gets no lease again`() {
        var run = self.granted()
        #expect(run.ping(1, slots: 0, isDraining: true) == [])
        #expect(run.ping(1, slots: 0, isDraining: true) == [])
    }

    @Test func `a lease the schema does not give it is revoked`() {
        var run = self.granted()
        #expect(run.ping(1, held: [1, 2, 7], slots: 3) == [.revoke(7)])
        run.becomes(.done, 1)
        #expect(run.ping(1, held: [1, 2], slots: 2) == [.revoke(1)])
    }

    @Test func `a lease of another process is revoked, and its holder is left alone`() {
        var run = self.granted()
        run.join(2, slots: 2)
        #expect(run.ping(2, held: [1]) == [.revoke(1)])
        #expect(run.ping(1, held: [1, 2]) == [])
    }

    @Test func `a process nobody knows is asked to say HELLO`() {
        var run = self.granted()
        #expect(run.ping(2) == [.askForHello])
        run.parted(1)
        #expect(run.ping(1, held: [1, 2]) == [.askForHello])
        run.join(1, slots: 2)
        #expect(run.ping(1, held: [1, 2], slots: 2) == [])
    }

    @Test func `HELLO gives time to show leases and promises no slots`() {
        var run = self.granted()
        _ = run.ping(1, slots: 2)
        run.greeted(WorkerEntry(name: WorkerName(rawValue: "w"), incarnation: 1, slots: 0, lastHeard: .at(0)))
        #expect(run.grantedShards() == [])
        #expect(run.ping(1, slots: 2) == [])
        #expect(run.ping(1, slots: 2) == [.repeatLease(1), .repeatLease(2)])
    }

    @Test func `the silent are forgotten, their leases are not`() {
        var run = self.granted()
        run.join(2, slots: 1, at: 20)
        #expect(run.forgetSilent(now: .at(30), after: .seconds(30)).map(\.incarnation) == [1])
        #expect(run.workers.keys.sorted { $0.rawValue < $1.rawValue } == [2])
        #expect(run.leasedShards.sorted() == [1, 2])
        run.heard(from: 2, now: .at(31))
        #expect(run.forgetSilent(now: .at(60), after: .seconds(30)) == [])
    }
}
