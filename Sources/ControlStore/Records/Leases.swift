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
            snapshot: record.snapshot ?? 0
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

/// What became of a shard whose COMMIT got no answer.
package enum ShardOutcome: Sendable, Equatable {
    /// The lease's transaction is committed.
    case done
    /// It is not, and the shard is still this lease's: the attempt may be made again.
    case stillLeased
    /// It is not, and the shard belongs to somebody else or nobody.
    case lost
}

/// Why an attempt failed, and what is to become of the shard.
package struct AttemptFailure: Sendable, Equatable {
    package var shard: ShardID
    package var lease: LeaseID
    /// What `Scheduling` calls it.
    package var errorClass: String
    /// False when it says something about the surroundings only.
    package var countsAsAttempt: Bool
    package var sqlState: String?
    package var message: String
    package var verdict: Verdict

    package init(
        shard: ShardID,
        lease: LeaseID,
        errorClass: String,
        countsAsAttempt: Bool,
        sqlState: String?,
        message: String,
        verdict: Verdict
    ) {
        self.shard = shard
        self.lease = lease
        self.errorClass = errorClass
        self.countsAsAttempt = countsAsAttempt
        self.sqlState = sqlState
        self.message = message
        self.verdict = verdict
    }
}

extension AttemptFailure {
    package enum Verdict: Sendable, Equatable {
        /// Pending again, to be granted when this much time has passed on the target's clock.
        case retry(after: Duration)
        /// Its attempts are used up.
        case fail
    }
}
