@testable import Scheduling

/// Interprets a worker machine as the worker's process does; its attempts take their time and may fail.
final class SimulatedWorker {
    struct Attempt {
        var assignment: Assignment
        /// The snapshot its transaction on the source imports.
        var hold: SimulatedSource.Hold
        var seen: [Int: SimulatedSchema.ParentState] = [:]
        var failure: FailureClass?
        var isFenced = false
        /// When it began to read, and how long that takes.
        var reading: (since: Double, seconds: Double)?
        /// Shards that the coordinator would like to be made of the rest.
        var partsAsked: Int?
        /// What it leaves to others.
        var rest: [[Int]] = []
    }

    let place: Int
    let incarnation: Incarnation
    var machine: WorkerMachine
    var clock: SimulatedClock
    var stalledUntil = 0.0
    /// The run's snapshot, held by a session of its own.
    var hold: SimulatedSource.Hold?
    var attempts: [Int: Attempt] = [:]
    unowned let world: Simulation
    private var isImporting = false
    /// The coordinator it is connected to.
    private var coordinator: Int
    private var reports: [LeaseID: SimulationEvent.ToCoordinator] = [:]
    private var sets: [Int: (epoch: Int, state: SimulatedSchema.ParentState)] = [:]

    init(_ world: Simulation, place: Int) {
        self.world = world
        self.place = place
        self.incarnation = Incarnation(world.identifier())
        self.clock = world.clock()
        self.machine = WorkerMachine(slots: world.scenario.slots, now: self.clock.instant(at: world.now))
        self.coordinator = world.announced
        world.schedule(.workerTick(self.incarnation), in: 0)
    }

    var now: ContinuousClock.Instant { self.clock.instant(at: self.world.now) }

    func handle(_ event: SimulationEvent) {
        switch event {
        case .workerTick: self.tick()
        case .toWorker(_, let message): self.receive(message)
        case .attempt(_, let slot, let lease, let step): self.attempt(slot, lease, step)
        case .renewal(_, let leases, let sent, let succeeds): self.renewalEnds(leases, sent: sent, succeeds: succeeds)
        case .snapshotImport(_, let hold, let holder): self.importSnapshot(hold, from: holder)
        default: break
        }
    }

    /// A second TERM.
    func stop() {
        for slot in self.machine.stop() { self.cancel(slot) }
    }

    /// The process is gone, and every session of it.
    func die() {
        for attempt in self.attempts.values { self.world.schema.rollBack(attempt.assignment.lease) }
        self.world.remove(self)
    }

    func say(_ message: SimulationEvent.ToCoordinator) {
        self.world.send(.toCoordinator(self.coordinator, self.incarnation, message))
    }

    /// Reads a parent once per epoch, for all slots.
    func parentState(of entity: Int, epoch: Int) -> SimulatedSchema.ParentState {
        if let known = self.sets[entity], known.epoch >= epoch { return known.state }
        let state = self.world.schema.parentState(of: entity)
        self.sets[entity] = (epoch, state)
        return state
    }

    /// An attempt has ended, well or not.
    func ended(_ slot: Int, _ attempt: Attempt, _ failure: FailureClass?) {
        let (lease, shard) = (attempt.assignment.lease, attempt.assignment.shard)
        self.attempts[slot] = nil
        self.world.schema.rollBack(lease)
        if failure == .snapshotLost { self.hold = nil }
        let report: SimulationEvent.ToCoordinator = failure.map { .failed(lease, shard, $0) } ?? .done(lease, shard)
        self.machine.finished(slot: slot)
        self.reports[lease] = report
        self.say(report)
        self.ping()
    }

    private func tick() {
        for action in self.machine.tick(now: self.now) {
            switch action {
            case .sayHello: self.say(.hello)
            case .ping: self.ping()
            case .report(let lease): self.reports[lease].map { self.say($0) }
            case .renew(let leases): self.renew(leases)
            case .cancel(let slot): self.cancel(slot)
            case .lookForCoordinator:
                guard self.coordinator != self.world.announced else { break }
                self.coordinator = self.world.announced
                self.machine.connected(now: self.now)
            case .reconnect: break
            case .leave:
                self.say(.bye)
                self.world.remove(self)
                self.world.schedule(.startWorker(self.place), in: self.world.seconds(0...10))
                return
            }
        }
        self.world.schedule(.workerTick(self.incarnation), in: 1)
    }

    private func receive(_ message: SimulationEvent.ToWorker) {
        switch message {
        case .welcome(let offer):
            self.machine.welcomed(timers: WorkerTimers(), now: self.now)
            self.take(offer)
        case .pong(let offer, let yields):
            self.machine.heard(now: self.now)
            self.take(offer)
            for request in yields {
                guard let slot = self.machine.slot(running: request.lease) else { continue }
                self.attempts[slot]?.partsAsked = request.parts
            }
        case .askForHello: self.machine.askedForHello(now: self.now)
        case .lease(let assignment, let offer):
            self.take(offer)
            self.leased(assignment)
        case .acknowledge(let lease):
            self.machine.acknowledged(lease, now: self.now)
            self.reports[lease] = nil
        case .revoke(let lease):
            if let slot = self.machine.revoked(lease, now: self.now) { self.cancel(slot) }
            self.reports[lease] = nil
        case .drain(let seconds):
            self.machine.drain(deadline: self.now + .seconds(seconds))
        }
    }

    private func leased(_ assignment: Assignment) {
        guard let hold = self.hold else {
            self.world.schema.release(assignment.lease)
            return
        }
        switch self.machine.leased(assignment, now: self.now) {
        case .start(let slot):
            self.attempts[slot] = Attempt(assignment: assignment, hold: hold)
            self.next(slot, assignment.lease, .begin, in: self.world.chance(0.1) ? 0...20 : 0...0.2)
        case .reportAgain(let lease): self.reports[lease].map { self.say($0) }
        case .giveBack: self.world.schema.release(assignment.lease)
        case .none: break
        }
    }

    private func cancel(_ slot: Int) {
        guard let attempt = self.attempts[slot], !attempt.isFenced else { return }
        self.attempts[slot]?.failure = .cancelled
        self.next(slot, attempt.assignment.lease, .end, in: 0.05...2)
    }

    func next(_ slot: Int, _ lease: LeaseID, _ step: SimulationEvent.Step, in delay: ClosedRange<Double>) {
        self.world.schedule(
            .attempt(self.incarnation, slot: slot, lease, step),
            in: self.world.seconds(delay)
        )
    }

    private func renew(_ leases: [LeaseID]) {
        let succeeds = !self.world.chance(self.world.scenario.faults.lost)
        self.world.schedule(
            .renewal(self.incarnation, leases, sent: self.world.now, succeeds: succeeds),
            in: self.world.seconds(0...1)
        )
    }

    private func renewalEnds(_ leases: [LeaseID], sent: Double, succeeds: Bool) {
        let ttl = WorkerTimers().lease / .seconds(1)
        let kept = succeeds ? self.world.schema.renew(leases, of: self.incarnation, ttl: ttl) : []
        let cancelled = self.machine.renewed(
            asked: succeeds ? leases : [],
            kept: kept,
            sent: self.clock.instant(at: sent)
        )
        for slot in cancelled { self.cancel(slot) }
    }

    private func ping() {
        let isDraining = if case .draining = self.machine.mode { true } else { false }
        self.say(
            .ping(
                held: self.machine.heldLeases.map { ($0, self.progress(of: $0)) },
                capacity: self.hold == nil ? 0 : self.machine.capacity,
                isDraining: isDraining,
                self.hold
            )
        )
    }

    /// Imports the run's snapshot where it does not hold it, or an older one.
    private func take(_ offer: SimulationEvent.Offer?) {
        guard let offer, !self.isImporting else { return }
        if let hold = self.hold {
            if hold.number >= offer.hold.number || self.world.scenario.planted == .olderSnapshot { return }
        }
        self.isImporting = true
        self.hold = nil
        self.world.schedule(
            .snapshotImport(self.incarnation, offer.hold, from: offer.holder),
            in: self.world.seconds(0.01...0.5)
        )
    }

    private func importSnapshot(_ hold: SimulatedSource.Hold, from holder: SimulationEvent.Holder) {
        self.isImporting = false
        guard self.world.isExported(hold, by: holder) else { return }
        self.hold = hold
        self.ping()
    }
}
