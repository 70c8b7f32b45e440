/// A shard as a worker gets it, with everything it needs besides the run's resolved plan.
package struct Assignment: Sendable, Equatable {
    package var lease: LeaseID
    package var shard: ShardID
    package var kind: ShardKind
    package var entity: EntityName
    package var range: KeyRange
    package var attempt: Int
    /// Counts the changes of any presence in the run; sets read at another epoch are read again.
    package var epoch: Int
    /// Its rows were committed before: insert what is missing, update what differs.
    package var merges: Bool
    /// Of a task: the suspended object that it brings a step nearer to its return, by its number in the control schema.
    package var object: Int64?

    package init(
        lease: LeaseID,
        shard: ShardID,
        kind: ShardKind,
        entity: EntityName,
        range: KeyRange,
        attempt: Int,
        epoch: Int,
        merges: Bool = false,
        object: Int64? = nil
    ) {
        self.lease = lease
        self.shard = shard
        self.kind = kind
        self.entity = entity
        self.range = range
        self.attempt = attempt
        self.epoch = epoch
        self.merges = merges
        self.object = object
    }
}
