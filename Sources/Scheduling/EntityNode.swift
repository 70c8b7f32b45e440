/// What the run machine knows of an entity.
package struct EntityNode: Sendable, Equatable {
    package var name: EntityName
    /// Place in dependency order, from 0.
    package var position: Int
    /// Place of its phase among the phases, from 0.
    package var phase: Int
    /// Entities that must be settled before its shards may be granted.
    package var dependencies: [EntityName]
    /// Entities its deferred references point at, itself possibly among them; empty without a second pass.
    package var deferredParents: [EntityName]
    package var priority: Int
    /// The most shards of it in flight, nil for no bound.
    package var parallelism: Int?
    /// Whether a worker can stop in the middle of one of its shards and leave the rest to others: it reads them in the
    /// order of their keys.
    package var canYield: Bool
    package var stage: Stage
    /// Rounds of tasks that may have to be planned still; empty where nothing of its table was dropped.
    package var dueRounds: Set<TaskRound>

    package init(
        name: EntityName,
        position: Int,
        phase: Int,
        dependencies: [EntityName],
        deferredParents: [EntityName] = [],
        priority: Int = 0,
        parallelism: Int? = nil,
        canYield: Bool = false,
        stage: Stage = .waiting,
        dueRounds: Set<TaskRound> = []
    ) {
        self.name = name
        self.position = position
        self.phase = phase
        self.dependencies = dependencies
        self.deferredParents = deferredParents
        self.priority = priority
        self.parallelism = parallelism
        self.canYield = canYield
        self.stage = stage
        self.dueRounds = dueRounds
    }
}

extension EntityNode {
    /// How far an entity has come.
    package enum Stage: String, Sendable, Codable {
        /// Something it refers to is not settled. Can transition to: preparing.
        ///
        /// Also where a settled entity's shards were retried or replayed: its parents may be at work as well.
        case waiting
        /// The coordinator computes losers and suspends triggers. Can transition to: copying.
        case preparing
        /// Its copy and replay shards are granted. Can transition to: indexing, settled.
        case copying
        /// Every copy and replay shard is done or failed; its dropped indexes are built, and what is made of them.
        /// Can transition to: settled, waiting (a retried shard, or a replay for a parent that healed).
        case indexing
        /// Its rows and unique indexes are there, or have failed; dependents may start.
        /// Can transition to: filling, constraining, complete, waiting (a retried shard).
        case settled
        /// Its fill shards are granted. Can transition to: constraining, complete, settled (a parent is at work again),
        /// waiting (a retried shard).
        case filling
        /// Its dropped foreign keys are added and validated, and tasks that an operator retries are done.
        /// Can transition to: complete, settled (a fill to be done again), waiting (a retried shard).
        case constraining
        /// Nothing is left to do. Can transition to: settled (a fill to be done again, a retried task), waiting (a
        /// retried shard).
        case complete

        /// Whether dependents may look at its presence.
        package var isSettled: Bool {
            switch self {
            case .waiting, .preparing, .copying, .indexing: false
            case .settled, .filling, .constraining, .complete: true
            }
        }
    }
}
