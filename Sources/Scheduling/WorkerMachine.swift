/// A worker's decisions, as a value: which slot takes a lease, when it stops by itself, when the process may leave.
///
/// Reads no clock and does no I/O; the worker's event loop interprets its actions.
package struct WorkerMachine: Sendable {
    package typealias Instant = ContinuousClock.Instant

    package private(set) var mode: Mode
    package private(set) var slots: [Slot]
    package var timers: WorkerTimers
    /// Attempts that ended and whose DONE or FAILED nobody has acknowledged yet, in the order in which they ended.
    package private(set) var unacknowledged: [LeaseID] = []
    /// Leases it is done with: no copy of their LEASE that is still under way may start them again.
    private var spent: Set<LeaseID> = []
    private var spentInOrder: [LeaseID] = []
    /// No coordinator has taken it in since it last asked, whatever its mode.
    private var owesHello = true
    /// Some coordinator has taken it in before: it knows a run.
    private var hasServed = false
    /// When silence of the coordinator makes it look where the coordinator is.
    private var nextLook: Instant
    /// When it throws the connection away.
    private var nextReconnection: Instant
    private var nextPing: Instant
    private var nextRenewal: Instant

    /// - Parameters:
    ///   - slots: Shards it works on at once, at least 1.
    ///   - timers: Until the coordinator states others.
    ///   - now: The worker's monotonic clock.
    package init(slots: Int, timers: WorkerTimers = WorkerTimers(), now: Instant) {
        self.mode = .greeting
        self.slots = Array(repeating: .idle, count: max(1, slots))
        self.timers = timers
        self.nextLook = now
        self.nextReconnection = now + timers.silence
        self.nextPing = now
        self.nextRenewal = now + timers.renew
    }

    /// Leases to show in pings: running, and finished without an acknowledgement.
    package var heldLeases: [LeaseID] {
        self.slots.compactMap(\.lease) + self.unacknowledged
    }

    /// Leases to renew in the control schema; those being rolled back too, or they would be granted meanwhile.
    package var runningLeases: [LeaseID] { self.slots.compactMap(\.lease) }

    /// Shards it can work on at once, those it works on included; 0 while it takes none.
    ///
    /// Not the idle slots: the coordinator's own count of leases is newer than any ping.
    package var capacity: Int {
        guard case .serving = self.mode else { return 0 }
        return self.slots.count
    }

    /// The coordinator took the worker in.
    package mutating func welcomed(timers: WorkerTimers, now: Instant) {
        self.timers = timers
        // A shorter lease may have to be renewed before the renewal that was due under the timers before.
        self.nextRenewal = min(self.nextRenewal, now + timers.renew)
        self.heard(now: now)
        // HELLO promises no slots: without a ping at once the first grant would wait for the next in turn.
        if self.owesHello { self.nextPing = now }
        self.owesHello = false
        if case .greeting = self.mode { self.mode = .serving }
        self.hasServed = true
    }

    /// The coordinator does not know the worker, or is another one.
    package mutating func askedForHello(now: Instant) {
        self.heard(now: now)
        self.greet()
        self.nextPing = now
    }

    /// The coordinator has no run for it: another one is, or will be, where the control schema says.
    ///
    /// - Parameters:
    ///   - retry: When it is to come back; zero where the coordinator leaves.
    ///   - now: The worker's monotonic clock.
    package mutating func sentAway(retry: Duration, now: Instant) {
        self.heard(now: now)
        self.greet()
        self.nextPing = now + max(retry, self.timers.ping)
        self.nextLook = now + retry
        self.nextReconnection = now + retry + self.timers.silence
    }

    /// It has connected to a coordinator, which knows nothing of it yet.
    package mutating func connected(now: Instant) {
        self.askedForHello(now: now)
    }

    /// Any message of the coordinator.
    package mutating func heard(now: Instant) {
        self.nextLook = now + self.timers.ping * Self.pingsUntilLook
        self.nextReconnection = now + self.timers.silence
    }

    /// A LEASE came, perhaps not for the first time.
    package mutating func leased(_ assignment: Assignment, now: Instant) -> LeaseAction {
        self.heard(now: now)
        if self.unacknowledged.contains(assignment.lease) { return .reportAgain(assignment.lease) }
        if self.slots.contains(where: { $0.lease == assignment.lease }) { return .none }
        guard self.takesLeases, !self.spent.contains(assignment.lease),
            let slot = self.slots.firstIndex(of: .idle)
        else {
            self.spend(assignment.lease)
            return .giveBack
        }
        self.slots[slot] = .running(assignment.lease, renewed: now)
        return .start(slot: slot)
    }

    /// Also while it says HELLO again: the control schema has given it the shard, and giving that back would leave the
    /// slot idle until the coordinator reads so.
    private var takesLeases: Bool {
        switch self.mode {
        case .serving: true
        case .greeting: self.hasServed
        case .draining, .stopping, .left: false
        }
    }

    /// A slot's attempt ended, well or not.
    package mutating func finished(slot: Int) {
        guard let lease = self.slots[slot].lease else {
            preconditionFailure("slot \(slot) finished without having begun")
        }
        self.slots[slot] = .idle
        self.unacknowledged.append(lease)
    }

    /// The coordinator has taken note of a finished attempt.
    package mutating func acknowledged(_ lease: LeaseID, now: Instant) {
        self.heard(now: now)
        self.retire(lease)
    }

    /// The coordinator says that a lease is not the worker's.
    ///
    /// - Returns: The slot to cancel, nil where none is at it.
    package mutating func revoked(_ lease: LeaseID, now: Instant) -> Int? {
        self.heard(now: now)
        self.retire(lease)
        return self.cancel { held, _ in held == lease }.first
    }

    /// The slot that works on a lease and may be asked to leave the rest to others; nil where none does.
    package func slot(running lease: LeaseID) -> Int? {
        self.slots.firstIndex { if case .running(lease, _) = $0 { true } else { false } }
    }

    /// A renewal came back.
    ///
    /// - Parameters:
    ///   - asked: The leases it was for.
    ///   - kept: Those the control schema still gives to the worker.
    ///   - sent: When it was sent; a lease is trusted from there, not from the answer.
    /// - Returns: Slots to cancel, because their lease is gone.
    package mutating func renewed(asked: [LeaseID], kept: Set<LeaseID>, sent: Instant) -> [Int] {
        for slot in self.slots.indices {
            if case .running(let lease, let renewed) = self.slots[slot], kept.contains(lease) {
                self.slots[slot] = .running(lease, renewed: max(renewed, sent))
            }
        }
        return self.cancel { lease, _ in asked.contains(lease) && !kept.contains(lease) }
    }

    /// TERM or DRAIN: take nothing new, leave when the running shards have ended or the deadline has come.
    package mutating func drain(deadline: Instant) {
        switch self.mode {
        case .greeting, .serving:
            self.mode = .draining(deadline: deadline)
        case .draining(let earlier):
            self.mode = .draining(deadline: min(earlier, deadline))
        case .stopping, .left:
            break
        }
    }

    /// A second TERM: cancel what runs, leave as soon as it has rolled back.
    ///
    /// - Returns: The slots to cancel.
    package mutating func stop() -> [Int] {
        if case .left = self.mode { return [] }
        self.mode = .stopping
        return self.cancel { _, _ in true }
    }

    /// What the time calls for.
    package mutating func tick(now: Instant) -> [Action] {
        if case .left = self.mode { return [] }
        var actions: [Action] = []
        if case .draining(let deadline) = self.mode, now >= deadline {
            self.mode = .stopping
            actions += self.cancel { _, _ in true }.map { .cancel(slot: $0) }
        }
        let limit = self.timers.selfFence
        actions += self.cancel(where: { _, renewed in now - renewed >= limit })
            .map { .cancel(slot: $0) }
        if self.isLeaving {
            self.mode = .left
            return actions + [.leave]
        }
        if now >= self.nextRenewal, !self.runningLeases.isEmpty {
            self.nextRenewal = now + self.timers.renew
            actions.append(.renew(self.runningLeases))
        }
        actions += self.searches(now: now)
        if now >= self.nextPing {
            self.nextPing = now + self.timers.ping
            actions.append(self.owesHello ? .sayHello : .ping)
            actions += self.unacknowledged.map { .report($0) }
        }
        return actions
    }

    /// What silence of the coordinator calls for.
    private mutating func searches(now: Instant) -> [Action] {
        var actions: [Action] = []
        if now >= self.nextLook {
            self.nextLook = now + max(self.timers.ping / 4, Self.shortestLook)
            actions.append(.lookForCoordinator)
        }
        if now >= self.nextReconnection {
            self.nextReconnection = now + self.timers.silence
            self.greet()
            actions.append(.reconnect)
        }
        return actions
    }

    /// It says HELLO next.
    private mutating func greet() {
        if case .serving = self.mode { self.mode = .greeting }
        self.owesHello = true
    }

    /// Silence, in pings, after which it looks in the control schema: one that is overdue by half its interval.
    ///
    /// Above 1, or a slow answer counts as silence; a look costs one small query, so a false one does no harm.
    private static let pingsUntilLook = 1.5
    /// Between two looks; shorter ones only load a target that a whole pool asks.
    private static let shortestLook = Duration.milliseconds(250)

    /// So many leases are remembered as spent; a LEASE is never under way for as long as thousands of them take.
    private static let memory = 1024

    /// Nobody needs to hear of an attempt any more.
    private mutating func retire(_ lease: LeaseID) {
        self.unacknowledged.removeAll { $0 == lease }
        if !self.slots.contains(where: { $0.lease == lease }) { self.spend(lease) }
    }

    private mutating func spend(_ lease: LeaseID) {
        guard self.spent.insert(lease).inserted else { return }
        self.spentInOrder.append(lease)
        guard self.spentInOrder.count >= 2 * Self.memory else { return }
        for old in self.spentInOrder.prefix(Self.memory) { self.spent.remove(old) }
        self.spentInOrder.removeFirst(Self.memory)
    }

    private var isLeaving: Bool {
        guard self.slots.allSatisfy({ $0 == .idle }) else { return false }
        return switch self.mode {
        // With no coordinator to acknowledge them, the shard rows say how its attempts ended.
        case .draining: self.unacknowledged.isEmpty || self.owesHello
        case .stopping: true
        case .greeting, .serving, .left: false
        }
    }

    private mutating func cancel(where applies: (LeaseID, Instant) -> Bool) -> [Int] {
        var cancelled: [Int] = []
        for slot in self.slots.indices {
            if case .running(let lease, let renewed) = self.slots[slot], applies(lease, renewed) {
                self.slots[slot] = .cancelling(lease)
                cancelled.append(slot)
            }
        }
        return cancelled
    }
}
