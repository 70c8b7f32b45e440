@testable import Scheduling

extension SimulatedCoordinator {
    func receive(_ message: SimulationEvent.ToCoordinator, from worker: Incarnation) throws {
        self.machine.heard(from: worker, now: self.now)
        switch message {
        case .hello:
            let name = WorkerName(rawValue: "\(worker)")
            self.machine.greeted(WorkerEntry(name: name, incarnation: worker, slots: 0, lastHeard: self.now))
            try self.say(.welcome(self.offer), to: worker)
        case .ping(let held, let capacity, let isDraining, let hold):
            try self.answer(worker, held: held, capacity: capacity, isDraining: isDraining, hold)
        case .done(let lease, let shard):
            self.look(at: [shard])
            self.streaks[shard] = nil
            try self.say(.acknowledge(lease), to: worker)
        case .failed(let lease, let shard, let failure):
            try self.note(failure, of: shard, lease)
            try self.say(.acknowledge(lease), to: worker)
        case .bye:
            self.machine.parted(worker)
            try self.reclaim(of: worker)
        }
        try self.advance()
        try self.grant()
    }

    func grant() throws {
        let isOpen = self.world.isWindowOpen
        let grants = self.machine.grants(now: self.now, isWindowOpen: isOpen)
        guard !grants.isEmpty else { return }
        if !isOpen || self.machine.pauseReason != nil {
            self.world.schema.violations.append("grants while nothing may be granted")
        }
        let requests = grants.map { grant in
            SimulatedSchema.GrantRequest(
                shard: grant.shard,
                lease: LeaseID(self.world.identifier()),
                worker: grant.worker
            )
        }
        try self.effect()
        let ttl = WorkerTimers().lease / .seconds(1)
        let granted = try self.world.schema.grant(requests, ttl: ttl, term: self.term)
        for grant in granted { self.machine.shardChanged(grant.shard, to: .leased(grant.lease, grant.worker)) }
        for grant in granted { try self.send(grant.shard, grant.lease, to: grant.worker) }
        if granted.count < requests.count {
            let recorded = Set(granted.map(\.shard))
            self.look(at: requests.map(\.shard).filter { !recorded.contains($0) })
        }
    }

    func advance() throws {
        while true {
            let actions = self.machine.advance()
            guard !actions.isEmpty else { return }
            for action in actions {
                try self.effect()
                self.world.note("coordinator \(self.number): \(action)")
                try self.run(action)
            }
        }
    }

    private func answer(
        _ worker: Incarnation,
        held: [(lease: LeaseID, rows: Int)],
        capacity: Int,
        isDraining: Bool,
        _ hold: SimulatedSource.Hold?
    ) throws {
        let actions = self.machine.pinged(
            worker,
            held: held.map(\.lease),
            capacity: capacity,
            isDraining: isDraining,
            now: self.now
        )
        guard actions != [.askForHello] else {
            try self.say(.askForHello, to: worker)
            return
        }
        // An older one is of no use to anybody.
        let current = hold?.number == self.snapshot ? hold : nil
        if self.world.schema.recordedHolds[worker] != current {
            try self.effect()
            try self.world.schema.record(current, of: worker, term: self.term)
        }
        self.machine.progressed(worker, held, now: self.now)
        try self.say(.pong(self.offer, self.machine.yieldRequests(for: worker)), to: worker)
        for action in actions {
            switch action {
            case .askForHello:
                break
            case .repeatLease(let shard):
                if case .leased(let lease, worker) = self.world.schema[shard].entry.state {
                    try self.send(shard, lease, to: worker)
                }
            case .revoke(let lease):
                try self.say(.revoke(lease), to: worker)
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
            jitter: self.world.seconds(0...1),
            isDivisible: self.machine.isDivisible(shard),
            isTask: self.world.schema[shard].entry.kind.isTask
        )
        try self.effect()
        let delay: Double?
        var counts = true
        switch decision {
        case .retry(let wait, let countsAsAttempt):
            delay = wait / .seconds(1)
            counts = countsAsAttempt
        case .renewSnapshot:
            delay = 1
            counts = false
        case .split:
            if let halves = try self.world.schema.split(shard, lease, term: self.term) {
                for half in halves { self.machine.add(self.world.schema.entry(half, now: self.now)) }
                self.look(at: [shard])
                return
            }
            delay = nil
        case .fail, .stopRun:
            delay = nil
        }
        try self.world.schema.recordFailure(shard, lease, counts: counts, retryAfter: delay, term: self.term)
        self.look(at: [shard])
        if decision == .stopRun { try self.leave() }
    }

    private func run(_ action: RunMachine.EntityAction) throws {
        switch action {
        case .prepare(let entity):
            try self.prepare(entity)
        case .index(let entity):
            try self.world.schema.setStage(.indexing, of: entity, term: self.term)
        case .constrain(let entity):
            try self.world.schema.setStage(.constraining, of: entity, term: self.term)
        case .planTasks(let entity, let round):
            for shard in try self.world.schema.planTasks(round, of: entity, term: self.term) {
                self.machine.add(self.world.schema.entry(shard, now: self.now))
            }
        case .settle(let entity):
            try self.record(.settled, of: entity)
        case .fill(let entity):
            try self.record(.filling, of: entity)
        case .complete(let entity):
            try self.world.schema.setStage(.complete, of: entity, term: self.term)
        case .planReplays(let entity):
            if self.world.scenario.planted == .forgottenReplays { return }
            for shard in try self.world.schema.planReplays(of: entity, term: self.term) {
                self.machine.add(self.world.schema.entry(shard, now: self.now))
            }
        case .refill(let entity):
            try self.wait { self.world.schema.isLocked(entity) }
            self.look(at: try self.world.schema.reopenFills(of: entity, term: self.term))
        case .endRun(failedShards: 0):
            try self.world.schema.confirm(self.term)
            self.world.hasEnded = true
        case .endRun:
            try self.leave()
        }
    }

    /// A stage from which on there may be new rows to see.
    private func record(_ stage: EntityNode.Stage, of entity: EntityName) throws {
        self.epoch = try self.world.schema.advanceEpoch(term: self.term)
        try self.effect()
        try self.world.schema.setStage(stage, of: entity, term: self.term)
    }

    private var offer: SimulationEvent.Offer? {
        self.hold.map { SimulationEvent.Offer(hold: $0, holder: .coordinator(self.number)) }
    }

    private func send(_ shard: ShardID, _ lease: LeaseID, to worker: Incarnation) throws {
        let entry = self.world.schema[shard].entry
        let assignment = Assignment(
            lease: lease,
            shard: shard,
            kind: entry.kind,
            entity: entry.entity,
            range: entry.range,
            attempt: 1,
            epoch: self.epoch,
            object: self.world.schema[shard].object.map(Int64.init)
        )
        try self.say(.lease(assignment, self.offer), to: worker)
    }

    private func say(_ message: SimulationEvent.ToWorker, to worker: Incarnation) throws {
        try self.effect()
        self.world.send(.toWorker(worker, message))
    }
}
