import Testing

@testable import Scheduling

@Suite struct WorkerMachineTests {
    private func serving(slots: Int = 2, at seconds: Double = 0) -> WorkerMachine {
        var worker = WorkerMachine(slots: slots, now: .at(seconds))
        worker.welcomed(timers: WorkerTimers(), now: .at(seconds))
        _ = worker.tick(now: .at(seconds))
        return worker
    }

    @Test func `it looks for a coordinator and says HELLO until it is welcome, then pings at once`() {
        var worker = WorkerMachine(slots: 2, now: .at(0))
        #expect(worker.tick(now: .at(0)) == [.lookForCoordinator, .sayHello])
        #expect(worker.tick(now: .at(0.4)) == [])
        #expect(worker.tick(now: .at(0.5)) == [.lookForCoordinator])
        worker.connected(now: .at(0.6))
        #expect(worker.tick(now: .at(0.6)) == [.sayHello])
        #expect(worker.tick(now: .at(2.5)) == [])
        #expect(worker.tick(now: .at(2.6)) == [.sayHello])
        #expect(worker.capacity == 0)
        #expect(worker.leased(Assignment(of: 1), now: .at(2.6)) == .giveBack)
        worker.welcomed(timers: WorkerTimers(ping: .seconds(3)), now: .at(2.7))
        #expect(worker.capacity == 2)
        #expect(worker.tick(now: .at(2.7)) == [.ping])
        worker.welcomed(timers: WorkerTimers(ping: .seconds(3)), now: .at(2.8))
        #expect(worker.tick(now: .at(5.6)) == [])
        #expect(worker.tick(now: .at(5.7)) == [.ping])
    }

    @Test func `an overdue answer makes it look for the coordinator, silence connect anew`() {
        var worker = self.serving()
        #expect(worker.tick(now: .at(2)) == [.ping])
        #expect(worker.tick(now: .at(2.9)) == [])
        #expect(worker.tick(now: .at(3)) == [.lookForCoordinator])
        #expect(worker.mode == .serving)
        #expect(worker.tick(now: .at(3.4)) == [])
        #expect(worker.tick(now: .at(5.9)) == [.lookForCoordinator, .ping])
        #expect(worker.tick(now: .at(6)) == [.reconnect])
        #expect(worker.mode == .greeting)
        #expect(worker.tick(now: .at(8)) == [.lookForCoordinator, .sayHello])
        #expect(worker.tick(now: .at(12)) == [.lookForCoordinator, .reconnect, .sayHello])
        worker.welcomed(timers: WorkerTimers(), now: .at(13))
        #expect(worker.mode == .serving)
        #expect(worker.tick(now: .at(13)) == [.ping])
        worker.heard(now: .at(18))
        #expect(worker.tick(now: .at(20.9)) == [.ping])
    }

    @Test func `a coordinator that leaves sends it to the next one, with its shards`() {
        var worker = self.serving()
        #expect(worker.leased(Assignment(of: 1), now: .at(1)) == .start(slot: 0))
        _ = worker.tick(now: .at(1))
        worker.sentAway(retry: .zero, now: .at(1.5))
        #expect(worker.capacity == 0)
        #expect(worker.tick(now: .at(1.5)) == [.lookForCoordinator])
        #expect(worker.tick(now: .at(1.9)) == [])
        #expect(worker.tick(now: .at(2)) == [.lookForCoordinator])
        worker.connected(now: .at(2.1))
        #expect(worker.tick(now: .at(2.1)) == [.sayHello])
        #expect(worker.runningLeases == [1])
        worker.welcomed(timers: WorkerTimers(), now: .at(2.2))
        #expect(worker.capacity == 2)
        #expect(worker.tick(now: .at(2.2)) == [.ping])
    }

    @Test func `a coordinator that has no room is asked again when it said`() {
        var worker = self.serving()
        worker.sentAway(retry: .seconds(30), now: .at(1))
        #expect(worker.tick(now: .at(30)) == [])
        #expect(worker.tick(now: .at(31)) == [.lookForCoordinator, .sayHello])
    }

    @Test func `another coordinator's question is answered with HELLO at once, while it works on`() {
        var worker = self.serving()
        #expect(worker.leased(Assignment(of: 1), now: .at(1)) == .start(slot: 0))
        _ = worker.tick(now: .at(1))
        worker.askedForHello(now: .at(1.1))
        #expect(worker.tick(now: .at(1.1)) == [.sayHello])
        #expect(worker.heldLeases == [1])
    }

    @Test func `a draining worker greets a new coordinator too`() {
        var worker = self.serving()
        _ = worker.leased(Assignment(of: 1), now: .at(0))
        worker.drain(deadline: .at(10))
        _ = worker.tick(now: .at(0))
        worker.askedForHello(now: .at(0.5))
        #expect(worker.tick(now: .at(0.5)) == [.sayHello])
        worker.welcomed(timers: WorkerTimers(), now: .at(0.6))
        #expect(worker.mode == .draining(deadline: .at(10)))
        #expect(worker.tick(now: .at(2.5)) == [.ping])
    }

    @Test func `leases fill the slots, the next is given back`() {
        var worker = self.serving()
        #expect(worker.leased(Assignment(of: 1), now: .at(0)) == .start(slot: 0))
        #expect(worker.leased(Assignment(of: 2), now: .at(0)) == .start(slot: 1))
        #expect(worker.leased(Assignment(of: 1), now: .at(0)) == .none)
        #expect(worker.leased(Assignment(of: 3), now: .at(0)) == .giveBack)
        worker.finished(slot: 0)
        #expect(worker.leased(Assignment(of: 4), now: .at(0)) == .start(slot: 0))
        #expect(worker.heldLeases == [4, 2, 1])
        #expect(worker.runningLeases == [4, 2])
    }

    @Test func `a lease that comes while it says HELLO again is worked on`() {
        var worker = self.serving()
        worker.askedForHello(now: .at(0))
        #expect(worker.capacity == 0)
        #expect(worker.leased(Assignment(of: 1), now: .at(0)) == .start(slot: 0))
        #expect(worker.heldLeases == [1])
    }

    @Test func `a lease is started once, whenever its copies come`() {
        var worker = self.serving()
        #expect(worker.leased(Assignment(of: 1), now: .at(0)) == .start(slot: 0))
        #expect(worker.leased(Assignment(of: 1), now: .at(0)) == .none)
        worker.finished(slot: 0)
        #expect(worker.leased(Assignment(of: 1), now: .at(0)) == .reportAgain(1))
        worker.acknowledged(1, now: .at(0))
        #expect(worker.leased(Assignment(of: 1), now: .at(0)) == .giveBack)
        #expect(worker.revoked(2, now: .at(0)) == nil)
        #expect(worker.leased(Assignment(of: 2), now: .at(0)) == .giveBack)
        #expect(worker.leased(Assignment(of: 3), now: .at(0)) == .start(slot: 0))
    }

    @Test func `reports are repeated with every ping until they are acknowledged`() {
        var worker = self.serving()
        _ = worker.leased(Assignment(of: 1), now: .at(0))
        _ = worker.leased(Assignment(of: 2), now: .at(0))
        worker.finished(slot: 1)
        worker.finished(slot: 0)
        #expect(worker.tick(now: .at(2)) == [.ping, .report(2), .report(1)])
        worker.acknowledged(2, now: .at(2.5))
        #expect(worker.tick(now: .at(4)) == [.ping, .report(1)])
        #expect(worker.revoked(1, now: .at(5)) == nil)
        #expect(worker.tick(now: .at(6)) == [.ping])
    }

    @Test func `it renews every ten seconds what it runs`() {
        var worker = self.serving()
        _ = worker.leased(Assignment(of: 1), now: .at(0))
        worker.heard(now: .at(8))
        _ = worker.tick(now: .at(8))
        #expect(worker.tick(now: .at(9.9)) == [])
        #expect(worker.tick(now: .at(10)) == [.renew([1]), .ping])
        #expect(worker.renewed(asked: [1], kept: [1], sent: .at(10)) == [])
        worker.heard(now: .at(19))
        #expect(worker.tick(now: .at(20)) == [.renew([1]), .ping])
    }

    @Test func `shorter leases are renewed sooner from the first one on`() {
        var worker = WorkerMachine(slots: 1, now: .at(0))
        worker.welcomed(timers: WorkerTimers(scaledTo: .seconds(3)), now: .at(1))
        _ = worker.leased(Assignment(of: 1), now: .at(1.2))
        _ = worker.tick(now: .at(1.2))
        worker.heard(now: .at(1.9))
        #expect(worker.tick(now: .at(1.9)) == [.ping])
        #expect(worker.tick(now: .at(2)) == [.renew([1])])
    }

    @Test func `it trusts a lease for 24 s from the sending of the last good renewal`() {
        var worker = self.serving()
        _ = worker.leased(Assignment(of: 1), now: .at(0))
        _ = worker.leased(Assignment(of: 2), now: .at(5))
        #expect(worker.renewed(asked: [1], kept: [1], sent: .at(3)) == [])
        #expect(worker.renewed(asked: [1], kept: [1], sent: .at(1)) == [])
        worker.heard(now: .at(26.8))
        _ = worker.tick(now: .at(26.8))
        #expect(worker.tick(now: .at(26.9)) == [])
        #expect(worker.tick(now: .at(27)) == [.cancel(slot: 0)])
        #expect(worker.tick(now: .at(28)) == [])
        #expect(worker.tick(now: .at(29)) == [.cancel(slot: 1), .ping])
        #expect(worker.renewed(asked: [1], kept: [1], sent: .at(29)) == [])
        #expect(worker.slots == [.cancelling(1), .cancelling(2)])
    }

    @Test func `a lease that a renewal does not find is cancelled, one that came meanwhile is not`() {
        var worker = self.serving()
        _ = worker.leased(Assignment(of: 1), now: .at(0))
        _ = worker.leased(Assignment(of: 2), now: .at(1))
        #expect(worker.renewed(asked: [1], kept: [], sent: .at(0.5)) == [0])
        #expect(worker.renewed(asked: [1], kept: [], sent: .at(0.5)) == [])
        #expect(worker.renewed(asked: [], kept: [], sent: .at(2)) == [])
        #expect(worker.slots == [.cancelling(1), .running(2, renewed: .at(1))])
    }

    @Test func `a revoked shard is cancelled once and its end is reported`() {
        var worker = self.serving()
        _ = worker.leased(Assignment(of: 1), now: .at(0))
        #expect(worker.revoked(1, now: .at(0)) == 0)
        #expect(worker.revoked(1, now: .at(0)) == nil)
        #expect(worker.leased(Assignment(of: 1), now: .at(0)) == .none)
        worker.finished(slot: 0)
        #expect(worker.unacknowledged == [1])
    }

    @Test func `TERM lets the running shards end, then it leaves, once`() {
        var worker = self.serving()
        _ = worker.leased(Assignment(of: 1), now: .at(0))
        worker.drain(deadline: .at(10))
        worker.drain(deadline: .at(20))
        #expect(worker.capacity == 0)
        #expect(worker.leased(Assignment(of: 2), now: .at(0)) == .giveBack)
        #expect(worker.tick(now: .at(0)) == [])
        worker.finished(slot: 0)
        #expect(worker.tick(now: .at(2)) == [.ping, .report(1)])
        worker.acknowledged(1, now: .at(2.1))
        #expect(worker.tick(now: .at(2.1)) == [.leave])
        #expect(worker.mode == .left)
        #expect(worker.stop() == [])
        #expect(worker.tick(now: .at(9)) == [])
    }

    @Test func `the deadline cancels what still runs`() {
        var worker = self.serving()
        _ = worker.leased(Assignment(of: 1), now: .at(0))
        worker.drain(deadline: .at(3))
        worker.heard(now: .at(2.9))
        _ = worker.tick(now: .at(2.9))
        #expect(worker.tick(now: .at(3)) == [.cancel(slot: 0)])
        #expect(worker.mode == .stopping)
        worker.finished(slot: 0)
        #expect(worker.tick(now: .at(3.1)) == [.leave])
    }

    @Test func `a second TERM rolls back and leaves without waiting to be acknowledged`() {
        var worker = self.serving()
        _ = worker.leased(Assignment(of: 1), now: .at(0))
        _ = worker.tick(now: .at(0))
        worker.drain(deadline: .at(10))
        #expect(worker.stop() == [0])
        #expect(worker.tick(now: .at(1)) == [])
        worker.finished(slot: 0)
        #expect(worker.tick(now: .at(1.1)) == [.leave])
    }

    @Test func `it forgets the oldest of thousands of leases, not the latest`() {
        var worker = self.serving(slots: 1)
        for lease in 1...5000 {
            #expect(worker.leased(Assignment(of: LeaseID(lease)), now: .at(0)) == .start(slot: 0))
            worker.finished(slot: 0)
            worker.acknowledged(LeaseID(lease), now: .at(0))
        }
        for lease in 4001...5000 {
            #expect(worker.leased(Assignment(of: LeaseID(lease)), now: .at(0)) == .giveBack)
        }
    }
}
