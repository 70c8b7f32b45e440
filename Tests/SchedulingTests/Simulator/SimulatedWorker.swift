@testable import Scheduling

/// Interprets a worker machine as the worker's process does; its attempts take their time and may fail.
final class SimulatedWorker {
    private struct Attempt {
        var assignment: Assignment
        var seen: SimulatedSchema.Presence
        var failure: FailureClass?
    }

    let place: Int
    let incarnation: Incarnation
    var machine: WorkerMachine
    var stalledUntil = 0.0
    private unowned let world: Simulation
    private var reign: Int
    private var attempts: [Int: Attempt] = [:]
    private var reports: [LeaseID: SimulationEvent.ToCoordinator] = [:]

    init(_ world: Simulation, place: Int) {
        self.world = world
        self.place = place
        self.incarnation = Incarnation(world.identifier())
        self.machine = WorkerMachine(slots: world.scenario.slots, now: .at(world.now))
        self.reign = world.schema.reigning
        world.schedule(.workerTick(self.incarnation), in: 0)
    }

    private var now: ContinuousClock.Instant { .at(self.world.now) }

    func handle(_ event: SimulationEvent) {
        switch event {
        case .workerTick: self.tick()
        case .toWorker(_, let message): self.receive(message)
        case .attemptEnds(_, let slot, let lease): self.attemptEnds(slot, lease)
        case .renewal(_, let leases, let sent, let succeeds): self.renewalEnds(leases, sent: sent, succeeds: succeeds)
        default: break
        }
    }

    /// A second TERM.
    func stop() {
        for slot in self.machine.stop() { self.cancel(slot) }
    }

    private func tick() {
        for action in self.machine.tick(now: self.now) {
            switch action {
            case .sayHello: self.say(.hello)
            case .ping: self.ping()
            case .report(let lease): self.reports[lease].map { self.say($0) }
            case .renew(let leases):
                let succeeds = !self.world.chance(self.world.scenario.faults.lost)
                self.world.schedule(
                    .renewal(self.incarnation, leases, sent: self.world.now, succeeds: succeeds),
                    in: self.world.seconds(0...1)
                )
            case .cancel(let slot): self.cancel(slot)
            case .lookForCoordinator:
                guard self.reign != self.world.schema.reigning else { break }
                self.reign = self.world.schema.reigning
                self.machine.connected(now: self.now)
            case .reconnect: break
            case .leave:
                self.say(.bye)
                self.world.workers[self.incarnation] = nil
                self.world.schedule(.startWorker(self.place), in: self.world.seconds(0...10))
                return
            }
        }
        self.world.schedule(.workerTick(self.incarnation), in: 1)
    }

    private func receive(_ message: SimulationEvent.ToWorker) {
        switch message {
        case .welcome: self.machine.welcomed(timers: WorkerTimers(), now: self.now)
        case .askForHello: self.machine.askedForHello(now: self.now)
        case .pong: self.machine.heard(now: self.now)
        case .lease(let assignment): self.leased(assignment)
        case .acknowledge(let lease):
            self.machine.acknowledged(lease, now: self.now)
            self.reports[lease] = nil
        case .revoke(let lease):
            if let slot = self.machine.revoked(lease, now: self.now) { self.cancel(slot) }
            self.reports[lease] = nil
        }
    }

    private func leased(_ assignment: Assignment) {
        switch self.machine.leased(assignment, now: self.now) {
        case .start(let slot):
            self.attempts[slot] = Attempt(
                assignment: assignment,
                seen: self.world.schema.presence,
                failure: self.failure(of: assignment.shard)
            )
            let isLong = self.world.chance(0.1)
            self.world.schedule(
                .attemptEnds(self.incarnation, slot: slot, assignment.lease),
                in: isLong ? self.world.seconds(10...50) : self.world.seconds(0.1...4)
            )
        case .reportAgain(let lease): self.reports[lease].map { self.say($0) }
        case .giveBack: self.world.schema.release(assignment.lease)
        case .none: break
        }
    }

    private func failure(of shard: ShardID) -> FailureClass? {
        if self.world.schema[shard].isPoisoned { return .rows }
        guard self.world.chance(self.world.scenario.faults.failing) else { return nil }
        return FailureClass.allCases.randomElement(using: &self.world.random)
    }

    private func cancel(_ slot: Int) {
        guard let lease = self.attempts[slot]?.assignment.lease else { return }
        self.attempts[slot]?.failure = .cancelled
        self.world.schedule(.attemptEnds(self.incarnation, slot: slot, lease), in: 0.1)
    }

    private func attemptEnds(_ slot: Int, _ lease: LeaseID) {
        guard let attempt = self.attempts[slot], attempt.assignment.lease == lease else { return }
        self.attempts[slot] = nil
        var failure = attempt.failure
        let shard = attempt.assignment.shard
        if failure == nil, !self.world.schema.commit(shard, lease, seen: attempt.seen) { failure = .leaseLost }
        let report: SimulationEvent.ToCoordinator = failure.map { .failed(lease, shard, $0) } ?? .done(lease, shard)
        self.machine.finished(slot: slot)
        self.reports[lease] = report
        self.say(report)
        self.ping()
    }

    private func renewalEnds(_ leases: [LeaseID], sent: Double, succeeds: Bool) {
        let kept = succeeds ? self.world.schema.renew(leases, ttl: WorkerTimers().lease / .seconds(1)) : []
        for slot in self.machine.renewed(asked: succeeds ? leases : [], kept: kept, sent: .at(sent)) {
            self.cancel(slot)
        }
    }

    private func ping() {
        let isDraining = if case .draining = self.machine.mode { true } else { false }
        self.say(.ping(held: self.machine.heldLeases, capacity: self.machine.capacity, isDraining: isDraining))
    }

    private func say(_ message: SimulationEvent.ToCoordinator) {
        self.world.send(.toCoordinator(reign: self.reign, self.incarnation, message))
    }
}
