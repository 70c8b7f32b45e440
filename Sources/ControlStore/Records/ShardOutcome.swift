/// What became of a shard whose COMMIT got no answer.
package enum ShardOutcome: Sendable, Equatable {
    /// The lease's transaction is committed.
    case done
    /// It is not, and the shard is still this lease's: the attempt may be made again.
    case stillLeased
    /// It is not, and the shard belongs to somebody else or nobody.
    case lost
}
