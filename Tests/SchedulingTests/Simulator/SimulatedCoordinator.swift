@testable import Scheduling

/// Interprets a run machine as the coordinator's process does, one effect after the other.
///
/// Between any two effects it may die or stop for a while. A stopped one is a frame on the stack: the world goes on
/// inside its call, and when it wakes it goes on where it was, whoever reigns by then.
final class SimulatedCoordinator {
    /// It died between two effects.
    private struct Gone: Error {}

    enum Fate {
        case death
        case stall(Double)
    }

    let number: Int
    var clock: SimulatedClock
    /// What it meets with after so many more effects; nil for nothing.
    var fuse: (effects: Int, fate: Fate)?
    /// Inside a call, perhaps stopped: it takes no further event.
    private(set) var isBusy = false
    private(set) var hold: SimulatedSource.Hold?
    /// The number of the run's snapshot, as far as it knows.
    private(set) var snapshot: Int
    unowned let world: Simulation
    var machine: RunMachine
    let term: Int
    var epoch = 0
    private var ticks = 0
    let policy = RetryPolicy(attempts: 2, delay: .seconds(1))
    var streaks: [ShardID: Int] = [:]

    /// Begins a reign whose term is written already.
    init(_ world: Simulation, number: Int, term: Int) {
        self.world = world
        self.number = number
        self.term = term
        self.clock = world.clock()
        self.snapshot = world.schema.snapshots
        let scenario = world.scenario
        let nodes = zip(scenario.entities, world.schema.stages)
            .map { node, stage in
                var resumed = node
                if scenario.planted == .forgottenParents { resumed.dependencies = [] }
                // As the process rebuilds them: what was being prepared or copied is prepared again.
                resumed.stage =
                    switch stage {
                    case .waiting, .preparing, .copying: .waiting
                    case .indexing: .indexing
                    case .settled, .filling, .constraining: .settled
                    case .complete: .complete
                    }
                if scenario.planted != .forgottenStructures {
                    resumed.dueRounds = world.schema.dueRounds(of: scenario.place(of: node.name))
                }
                return resumed
            }
        self.machine = RunMachine(entities: nodes, limits: scenario.limits)
        let now = self.clock.instant(at: world.now)
        for shard in world.schema.shards {
            if scenario.planted == .forgottenFailures, shard.entry.state == .failed { continue }
            self.machine.add(world.schema.entry(shard.entry.id, now: now))
        }
        world.schedule(.coordinatorTick(number), in: 0)
    }

    var now: ContinuousClock.Instant { self.clock.instant(at: self.world.now) }

    private var isAlive: Bool { self.world.coordinators[self.number] === self }

    func handle(_ event: SimulationEvent) {
        self.isBusy = true
        defer { self.isBusy = false }
        do {
            switch event {
            case .coordinatorTick: try self.tick()
            case .prepared(_, let entity): try self.prepared(entity)
            case .toCoordinator(_, let worker, let message): try self.receive(message, from: worker)
            default: break
            }
        } catch {
            self.world.note("coordinator \(self.number) ends: \(error)")
            if self.isAlive { self.world.remove(self, restartsIn: self.world.seconds(0...20)) }
        }
    }

    /// Stands before every write and every message.
    func effect() throws {
        guard let fuse = self.fuse else { return }
        guard fuse.effects == 0 else {
            self.fuse = (fuse.effects - 1, fuse.fate)
            return
        }
        self.fuse = nil
        guard case .stall(let seconds) = fuse.fate else { throw Gone() }
        self.world.note("coordinator \(self.number) stops for \(seconds)")
        self.world.pass(seconds)
        self.world.note("coordinator \(self.number) goes on")
        guard self.isAlive else { throw Gone() }
    }

    /// Waits for a row lock.
    func wait(while isLocked: () -> Bool) throws {
        self.world.pass(while: isLocked)
        guard self.isAlive else { throw Gone() }
    }

    private func tick() throws {
        self.ticks += 1
        try self.effect()
        try self.world.schema.confirm(self.term)
        if self.ticks == 1 { self.epoch = try self.world.schema.advanceEpoch(term: self.term) }
        if self.ticks % 5 == 1 { try self.holdSnapshot() }
        self.look(at: self.machine.leasedShards + Array(self.machine.failedShards))
        self.machine.pauseReason = self.world.schema.status == .paused ? "paused" : nil
        if self.world.schema.status == .cancelled { throw Gone() }
        if self.ticks.isMultiple(of: 2) {
            try self.reclaim(of: nil)
            _ = self.machine.forgetSilent(now: self.now, after: WorkerTimers().lease)
        }
        try self.advance()
        try self.grant()
        self.machine.chooseYields(now: self.now, isWindowOpen: self.world.isWindowOpen)
        self.world.schedule(.coordinatorTick(self.number), in: 1)
    }

    private func prepared(_ entity: EntityName) throws {
        let dueRounds = self.world.schema.dueRounds(of: self.world.scenario.place(of: entity))
        self.machine.prepared(entity, dueRounds: dueRounds)
        try self.effect()
        try self.world.schema.setStage(.copying, of: entity, term: self.term)
        try self.advance()
        try self.grant()
    }

    /// Reads shards back.
    func look(at shards: [ShardID]) {
        let now = self.now
        var ids = shards
        if self.world.scenario.planted != .forgottenRest { ids += shards.flatMap { self.world.schema[$0].parts } }
        self.machine.learn(ids.map { self.world.schema.entry($0, now: now) })
    }

    /// Takes leases away, expired ones or all of a worker.
    func reclaim(of worker: Incarnation?) throws {
        let leases = try self.world.schema.reclaimable(of: worker, term: self.term)
        guard !leases.isEmpty else { return }
        try self.effect()
        // Those whose sessions would not end keep their shards.
        let ended = leases.filter { _ in !self.world.chance(0.1) }
        // One that was not to be seen goes on: the fence has to hold it off.
        for lease in ended where !self.world.chance(0.5) { self.world.schema.rollBack(lease) }
        try self.effect()
        let shards = try self.world.schema.reclaim(ended, of: worker, term: self.term)
        for shard in shards {
            if worker == nil, case .leased(_, let holder) = self.machine.shards[shard]?.state {
                self.machine.parted(holder)
            }
        }
        self.look(at: shards)
    }

    /// Holds the run's snapshot: from any worker that has it, or a new one.
    private func holdSnapshot() throws {
        guard !self.world.source.isAlive(self.hold) else { return }
        for (worker, hold) in self.world.schema.recordedHolds.sorted(by: { $0.key.rawValue < $1.key.rawValue })
        where self.world.isExported(hold, by: .worker(worker)) {
            self.hold = hold
            return
        }
        try self.effect()
        self.snapshot = try self.world.schema.recordSnapshot(term: self.term)
        self.hold = self.world.source.hold(self.snapshot)
    }

    /// Its session on the source is gone.
    func loseSnapshot() {
        self.hold = nil
    }

    func prepare(_ entity: EntityName) throws {
        // Preparing reads the source under the snapshot.
        guard self.world.source.isAlive(self.hold) else { throw Gone() }
        try self.world.schema.setStage(.preparing, of: entity, term: self.term)
        try self.effect()
        try self.world.schema.suspend(entity, term: self.term)
        self.world.schedule(.prepared(self.number, entity), in: self.world.seconds(0...2))
    }

    /// The run has ended short of its goal; an operator mends the causes and resumes it.
    func leave() throws {
        self.world.schedule(.operatorActs(.retryAndStart), in: self.world.seconds(0...10))
        self.world.remove(self, restartsIn: nil)
        throw Gone()
    }
}
