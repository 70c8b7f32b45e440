@testable import Scheduling

/// What an interpreter would do, in as few words as a transcript needs.
extension RunMachine {
    init(_ entities: EntityNode..., limits: GrantLimits = GrantLimits()) {
        self.init(entities: entities, limits: limits)
    }

    mutating func add(
        _ ids: ClosedRange<Int>,
        of entity: EntityName,
        _ kind: ShardKind = .copy,
        weight: Int = 1,
        state: ShardEntry.State = .pending(notBefore: nil)
    ) {
        for id in ids {
            self.add(
                ShardEntry(
                    id: ShardID(integerLiteral: id),
                    entity: entity,
                    kind: kind,
                    range: KeyRange(lower: nil, upper: nil),
                    weight: weight,
                    state: state
                )
            )
        }
    }

    /// A worker says HELLO and PING.
    mutating func join(_ worker: Incarnation, slots: Int, at seconds: Double = 0) {
        self.greeted(
            WorkerEntry(name: WorkerName(rawValue: "w"), incarnation: worker, slots: 0, lastHeard: .at(seconds))
        )
        _ = self.ping(worker, slots: slots, at: seconds)
    }

    mutating func ping(
        _ worker: Incarnation,
        held: [LeaseID] = [],
        slots: Int = 4,
        isDraining: Bool = false,
        at seconds: Double = 0
    ) -> [PingAction] {
        self.pinged(worker, held: held, capacity: slots, isDraining: isDraining, now: .at(seconds))
    }

    /// The shards granted now, recorded by the schema under leases of the same numbers.
    mutating func grantedShards(at seconds: Double = 0, isWindowOpen: Bool = true) -> [ShardID] {
        let grants = self.grants(now: .at(seconds), isWindowOpen: isWindowOpen)
        for grant in grants { self.lease(grant.shard, grant.worker) }
        return grants.map(\.shard)
    }

    mutating func lease(_ shard: ShardID, _ worker: Incarnation) {
        self.shardChanged(shard, to: .leased(LeaseID(integerLiteral: Int(shard.rawValue)), worker))
    }

    mutating func becomes(_ state: ShardEntry.State, _ shards: ShardID...) {
        for shard in shards { self.shardChanged(shard, to: state) }
    }

    /// Every entity that is asked for is prepared at once.
    mutating func advancePreparing(_ dueRounds: Set<TaskRound>? = nil) -> [EntityAction] {
        let actions = self.advance()
        for case .prepare(let entity) in actions { self.prepared(entity, dueRounds: dueRounds) }
        return actions
    }
}

extension EntityNode {
    init(
        _ name: EntityName,
        after dependencies: [EntityName] = [],
        phase: Int = 0,
        fills deferredParents: [EntityName] = [],
        priority: Int = 0,
        parallelism: Int? = nil,
        due dueRounds: Set<TaskRound> = [],
        _ stage: Stage = .waiting
    ) {
        self.init(
            name: name,
            position: 0,
            phase: phase,
            dependencies: dependencies,
            deferredParents: deferredParents,
            priority: priority,
            parallelism: parallelism,
            stage: stage,
            dueRounds: dueRounds
        )
    }
}
