import Testing

@testable import Scheduling

@Suite struct DrainTests {
    private func run() -> RunMachine {
        var run = RunMachine(EntityNode("a"))
        run.add(1...9, of: "a")
        _ = run.advancePreparing()
        run.join(1, slots: 2)
        return run
    }

    @Test func `a worker that is to leave gets nothing more, and is told until its pings say so`() {
        var run = self.run()
        #expect(run.grantedShards() == [1, 2])
        run.drainAsked(1, by: .at(7))
        run.becomes(.done, 1)
        #expect(run.grantedShards(at: 1) == [])
        #expect(run.drains(now: .at(1)) == [.init(worker: 1, deadline: .seconds(6))])
        #expect(run.ping(1, held: [2], slots: 2, at: 2) == [])
        #expect(run.grantedShards(at: 2) == [])
        #expect(run.drains(now: .at(3)) == [.init(worker: 1, deadline: .seconds(4))])
        #expect(run.ping(1, held: [2], slots: 0, isDraining: true, at: 4) == [])
        #expect(run.drains(now: .at(4)) == [])
        #expect(run.shards(leasedTo: 1) == [2])
        run.parted(1)
        #expect(run.drains(now: .at(5)) == [])
    }

    @Test func `a HELLO in between does not undo it, and the deadline does not go below zero`() {
        var run = self.run()
        run.drainAsked(1, by: .at(1))
        run.join(1, slots: 2, at: 3)
        #expect(run.grantedShards(at: 3) == [])
        #expect(run.drains(now: .at(3)) == [.init(worker: 1, deadline: .zero)])
    }

    @Test func `a worker that this coordinator has not heard of is told when it has`() {
        var run = self.run()
        run.drainAsked(2, by: .at(7))
        #expect(run.drains(now: .at(0)) == [])
        run.join(2, slots: 2, at: 1)
        run.drainAsked(2, by: .at(7))
        #expect(run.drains(now: .at(1)) == [.init(worker: 2, deadline: .seconds(6))])
        #expect(run.grantedShards(at: 1) == [1, 2])
        #expect(run.shards(leasedTo: 2) == [])
    }

    @Test func `without a coordinator to acknowledge its last shard a draining worker leaves all the same`() {
        var worker = WorkerMachine(slots: 1, now: .at(0))
        worker.welcomed(timers: WorkerTimers(), now: .at(0))
        #expect(worker.leased(Assignment(of: 1), now: .at(0)) == .start(slot: 0))
        worker.drain(deadline: .at(60))
        worker.finished(slot: 0)
        #expect(worker.tick(now: .at(2)) == [.ping, .report(1)])
        #expect(worker.tick(now: .at(6)) == [.lookForCoordinator, .reconnect, .sayHello, .report(1)])
        #expect(worker.tick(now: .at(6.1)) == [.leave])
    }
}
