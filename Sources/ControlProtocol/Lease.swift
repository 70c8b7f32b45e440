package import Scheduling

/// LEASE: a shard is this worker's, already committed in the control schema; may come more than once.
package struct Lease: MessageBody {
    package var lease: LeaseID
    package var shard: ShardID
    package var kind: ShardKind
    package var entity: EntityName
    package var range: KeyRange
    /// From 1.
    package var attempt: Int
    /// Of the presence of the entities it refers to; older sets must be read again.
    package var epoch: Int
    /// The source's snapshot to read; nil for a shard that reads none.
    package var snapshot: String?
    /// Its number in the run; a holder of a lower one imports anew.
    package var snapshotNumber: Int?
    /// The version of the run's plan; a worker with an older one reads it again.
    package var planRevision: Int?
    /// Whether its rows were committed before, so that it merges; nil for no.
    package var merges: Bool?
    /// Of a task: the suspended object that it brings a step nearer to its return; nil for shards of rows.
    package var object: Int64?

    package init(
        lease: LeaseID,
        shard: ShardID,
        kind: ShardKind,
        entity: EntityName,
        range: KeyRange,
        attempt: Int,
        epoch: Int,
        snapshot: String? = nil,
        snapshotNumber: Int? = nil,
        planRevision: Int? = nil,
        merges: Bool? = nil,
        object: Int64? = nil
    ) {
        self.lease = lease
        self.shard = shard
        self.kind = kind
        self.entity = entity
        self.range = range
        self.attempt = attempt
        self.epoch = epoch
        self.snapshot = snapshot
        self.snapshotNumber = snapshotNumber
        self.planRevision = planRevision
        self.merges = merges
        self.object = object
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.entity.rawValue, "entity")
        try Limits.check(self.snapshot, "snapshot")
        try Limits.check(
            amounts: self.snapshotNumber ?? 0,
            self.planRevision ?? 0,
            field: "snapshotNumber, planRevision"
        )
        try Limits.check(amounts: self.attempt, field: "attempt")
        guard self.kind.isTask == (self.object != nil) else {
            throw ProtocolError(.invalidValue, "a task needs an object, and only a task has one")
        }
        guard let lower = self.range.lower, let upper = self.range.upper else { return }
        guard lower <= upper else { throw ProtocolError(.invalidValue, "range ends before it begins") }
    }
}

extension Lease {
    package init(
        _ assignment: Assignment,
        snapshot: String?,
        snapshotNumber: Int? = nil,
        planRevision: Int? = nil
    ) {
        self.init(
            lease: assignment.lease,
            shard: assignment.shard,
            kind: assignment.kind,
            entity: assignment.entity,
            range: assignment.range,
            attempt: assignment.attempt,
            epoch: assignment.epoch,
            snapshot: snapshot,
            snapshotNumber: snapshotNumber,
            planRevision: planRevision,
            merges: assignment.merges ? true : nil,
            object: assignment.object
        )
    }

    /// The same as the machines know it.
    package var assignment: Assignment {
        Assignment(
            lease: self.lease,
            shard: self.shard,
            kind: self.kind,
            entity: self.entity,
            range: self.range,
            attempt: self.attempt,
            epoch: self.epoch,
            merges: self.merges ?? false,
            object: self.object
        )
    }
}
