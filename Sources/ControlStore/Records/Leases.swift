package import Scheduling

/// A shard that is to be granted to a worker.
package struct GrantRequest: Sendable, Equatable {
    package var shard: ShardID
    package var lease: LeaseID
    package var worker: WorkerName
    package var incarnation: Incarnation

    package init(shard: ShardID, lease: LeaseID, worker: WorkerName, incarnation: Incarnation) {
        self.shard = shard
        self.lease = lease
        self.worker = worker
        self.incarnation = incarnation
    }
}

/// A shard that was granted: everything a LEASE message needs.
package struct GrantedShard: Sendable, Equatable {
    package var shard: ShardID
    package var lease: LeaseID
    package var entity: EntityName
    package var kind: ShardKind
    package var range: KeyRange
    /// The keys of a `replay` shard.
    package var keys: [Int64]?
    package var attempt: Int
    /// Number of the snapshot it reads.
    package var snapshot: Int
    /// Its rows were committed before: insert what is missing, update what differs.
    package var merges = false
    /// The suspended object that a task is about.
    package var object: Int64?
    /// The version of the run's plan that it is to be done with, at least.
    package var planRevision = 1
}

extension GrantedShard {
    /// The grant that a leased shard's row speaks of; nil for a shard in another state.
    package init?(_ record: ShardRecord) {
        guard record.state == .leased, let lease = record.lease else { return nil }
        self.init(
            shard: record.id,
            lease: lease,
            entity: record.entity,
            kind: record.kind,
            range: record.range,
            keys: nil,
            attempt: record.attempt,
            snapshot: record.snapshot ?? 0,
            merges: record.merges,
            object: record.object
        )
    }
}

/// A lease that was taken away from its worker.
package struct ExpiredLease: Sendable, Equatable {
    package var shard: ShardID
    package var lease: LeaseID
    package var entity: EntityName
    package var worker: WorkerName
    package var incarnation: Incarnation
    package var attempt: Int
}
