import Catalog
import Scheduling

/// Everything a slot needs for one attempt.
struct ShardJob: Sendable {
    var run: RunID
    var assignment: Assignment
    var entity: ResolvedEntity
    var plan: ResolvedPlan
    /// The version of the run's plan that this is.
    var planRevision: Int
    /// The snapshot's identifier as this worker's own keeper exports it; a task can do without.
    var snapshot: String?
    /// The keys of a `replay` shard, empty for other kinds; once it has begun, those that still have an open reject.
    var keys: [Int64]
    var sets: ParentSets
}
