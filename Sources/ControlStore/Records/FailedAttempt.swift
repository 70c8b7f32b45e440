package import Scheduling

/// Why an attempt failed, and what is to become of the shard.
package struct FailedAttempt: Sendable, Equatable {
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

extension FailedAttempt {
    /// What becomes of the shard.
    package enum Verdict: Sendable, Equatable {
        /// Pending again, to be granted when this much time has passed on the target's clock.
        case retry(after: Duration)
        /// Its attempts are used up.
        case fail
    }
}
