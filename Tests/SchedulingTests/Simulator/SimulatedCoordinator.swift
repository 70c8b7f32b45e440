@testable import Scheduling

/// Interprets a run machine as the coordinator's process does; writes only while its fuse has not burnt down.
final class SimulatedCoordinator: CustomStringConvertible {
    private struct Crash: Error {}

    let number: Int
    /// Writes until it crashes, nil while it is not going to.
    var fuse: Int?
    private unowned let world: Simulation
    private var machine: RunMachine
    private let policy = RetryPolicy(attempts: 2, delay: .seconds(1))
    private var streaks: [ShardID: Int] = [:]

    init(_ world: Simulation) {
        self.world = world
        self.number = world.identifier()
        let stages = world.schema.stages
        let nodes = world.scenario.entities.map { node in
            var resumed = node
            // As the process rebuilds them: what was being prepared or copied is prepared again.
            resumed.stage =
                switch stages[node.name] ?? .waiting {
                case .waiting, .preparing, .copying: .waiting
                case .settled, .filling: .settled
                case .complete: .complete
                }
            return resumed
        }
        self.machine = RunMachine(entities: nodes, limits: world.scenario.limits)
        for shard in world.schema.shards { self.machine.add(world.schema.entry(shard.entry.id)) }
        world.schema.reigning = self.number
        world.schedule(.coordinatorTick(reign: self.number), in: 0)
    }

    var description: String { "\(self.machine.entities.map(\.stage)) \(self.machine.tallies)" }

    func tick() {
        self.attempt {
            self.look(at: self.machine.leasedShards + Array(self.machine.failedShards))
            try self.write()
            self.look(at: self.world.schema.expireLeases())
            _ = self.machine.forgetSilent(now: .at(self.world.now), after: .seconds(30))
            try self.advance()
            try self.grant()
            self.world.schedule(.coordinatorTick(reign: self.number), in: 1)
        }
    }

    func prepared(_ entity: EntityName) {
        self.attempt {
            self.machine.prepared(entity)
            try self.write()
            self.world.schema.setStage(.copying, of: entity)
            try self.advance()
            try self.grant()
        }
    }

    func receive(_ message: SimulationEvent.ToCoordinator, from worker: Incarnation) {
        self.attempt {
            let now = ContinuousClock.Instant.at(self.world.now)
            self.machine.heard(from: worker, now: now)
            switch message {
            case .hello:
                let entry = WorkerEntry(
                    name: WorkerName(rawValue: "\(worker)"),
                    incarnation: worker,
                    slots: 0,
                    lastHeard: now
                )
                self.machine.greeted(entry)
                self.say(.welcome(reign: self.number), to: worker)
            case .ping(let held, let capacity, let isDraining):
                try self.answer(worker, held: held, capacity: capacity, isDraining: isDraining)
            case .done(let lease, let shard):
                self.look(at: [shard])
                self.streaks[shard] = nil
                self.say(.acknowledge(lease), to: worker)
            case .failed(let lease, let shard, let failure):
                try self.note(failure, of: shard, lease)
                self.say(.acknowledge(lease), to: worker)
            case .bye:
                self.machine.parted(worker)
                self.look(at: self.machine.leasedShards)
            }
            try self.advance()
        }
    }

    private func answer(_ worker: Incarnation, held: [LeaseID], capacity: Int, isDraining: Bool) throws {
        let actions = self.machine.pinged(
            worker,
            held: held,
            capacity: capacity,
            isDraining: isDraining,
            now: .at(self.world.now)
        )
        for action in actions {
            switch action {
            case .askForHello:
                self.say(.askForHello, to: worker)
                return
            case .repeatLease(let shard):
                if case .leased(let lease, worker) = self.world.schema[shard].entry.state {
                    self.send(shard, lease, to: worker)
                }
            case .revoke(let lease):
                self.say(.revoke(lease), to: worker)
            }
        }
        self.say(.pong, to: worker)
        try self.grant()
    }

    private func grant() throws {
        let grants = self.machine.grants(now: .at(self.world.now))
        guard !grants.isEmpty else { return }
        try self.write()
        for grant in grants {
            let lease = LeaseID(self.world.identifier())
            let ttl = WorkerTimers().lease / .seconds(1)
            if self.world.schema.grant(grant.shard, lease, to: grant.worker, ttl: ttl) {
                self.machine.shardChanged(grant.shard, to: .leased(lease, grant.worker))
                self.send(grant.shard, lease, to: grant.worker)
            } else {
                self.look(at: [grant.shard])
            }
        }
    }

    private func note(_ failure: FailureClass, of shard: ShardID, _ lease: LeaseID) throws {
        guard case .leased(lease, _) = self.machine.shards[shard]?.state else { return }
        self.streaks[shard, default: 0] += 1
        let decision = self.policy.decision(
            after: failure,
            countedAttempts: self.world.schema[shard].failedAttempts + 1,
            streak: self.streaks[shard] ?? 1,
            jitter: self.world.seconds(0...1)
        )
        try self.write()
        switch decision {
        case .retry(let delay, let counts):
            self.world.schema.recordFailure(shard, lease, counts: counts, retryAfter: delay / .seconds(1))
        case .renewSnapshot:
            self.world.schema.recordFailure(shard, lease, counts: false, retryAfter: 1)
        case .fail, .split:
            self.world.schema.recordFailure(shard, lease, counts: true, retryAfter: nil)
        case .stopRun:
            self.world.schema.recordFailure(shard, lease, counts: true, retryAfter: nil)
            self.leave()
        }
        self.look(at: [shard])
    }

    private func advance() throws {
        while true {
            let actions = self.machine.advance()
            guard !actions.isEmpty else { return }
            for action in actions {
                try self.write()
                self.world.note("coordinator \(self.number): \(action)")
                self.run(action)
            }
        }
    }

    private func run(_ action: RunMachine.EntityAction) {
        switch action {
        case .prepare(let entity):
            self.world.schema.setStage(.preparing, of: entity)
            self.world.schedule(.prepared(reign: self.number, entity), in: self.world.seconds(0...2))
        case .settle(let entity):
            self.world.schema.setStage(.settled, of: entity)
        case .fill(let entity):
            self.world.schema.setStage(.filling, of: entity)
        case .complete(let entity):
            self.world.schema.setStage(.complete, of: entity)
        case .planReplays(let entity):
            for shard in self.world.schema.planReplays(of: entity) { self.machine.add(self.world.schema.entry(shard)) }
        case .refill(let entity):
            self.look(at: self.world.schema.reopenFills(of: entity))
        case .endRun(failedShards: 0):
            self.world.hasEnded = true
        case .endRun:
            self.leave()
        }
    }

    /// The run has ended short of its goal; an operator mends the causes and resumes it.
    private func leave() {
        self.world.coordinator = nil
        self.world.schedule(.operatorRetries, in: self.world.seconds(0...10))
    }

    private func look(at shards: [ShardID]) {
        for shard in shards { self.machine.shardChanged(shard, to: self.world.schema.entry(shard).state) }
    }

    private func send(_ shard: ShardID, _ lease: LeaseID, to worker: Incarnation) {
        let entry = self.world.schema.entry(shard)
        let assignment = Assignment(
            lease: lease,
            shard: shard,
            kind: entry.kind,
            entity: entry.entity,
            range: entry.range,
            attempt: 1,
            epoch: 1
        )
        self.say(.lease(assignment), to: worker)
    }

    private func say(_ message: SimulationEvent.ToWorker, to worker: Incarnation) {
        self.world.send(.toWorker(worker, message))
    }

    private func write() throws {
        guard self.world.coordinator === self || self.world.coordinator == nil else { throw Crash() }
        guard let fuse = self.fuse else { return }
        guard fuse > 0 else { throw Crash() }
        self.fuse = fuse - 1
    }

    private func attempt(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            guard self.world.coordinator === self else { return }
            self.world.note("coordinator \(self.number) crashed")
            self.world.coordinator = nil
            self.world.schedule(.startCoordinator, in: self.world.seconds(0...20))
        }
    }
}
