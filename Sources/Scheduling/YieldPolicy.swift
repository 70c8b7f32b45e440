/// When a worker hands the rest of a shard to others: it commits what it has, and the rest becomes shards of their own.
///
/// Nothing is done twice by it, so that it costs one more commit; what a kill costs is bounded by time, whatever the plan
/// made of a range.
package enum YieldPolicy {
    /// For how long a worker keeps a shard by itself, if much is left then.
    ///
    /// It is what a kill costs at most. Below a second or two commits and grants show; above a minute a lost worker does.
    package static let budget = Duration.seconds(10)
    /// A rest of less than this is done sooner than it is handed over.
    package static let worthwhile = Duration.seconds(1)
    /// The longest wait for a throttle with what was written uncommitted.
    ///
    /// Locks are held meanwhile, and the target's vacuum is held back. Below some seconds a shard would be cut for every
    /// burst; a minute is what the target's server grants to an idle transaction.
    package static let patience = Duration.seconds(10)
    /// Parts of a rest; each may be cut again.
    package static let mostParts = 16

    /// Into how many shards the rest is cut.
    ///
    /// - Parameters:
    ///   - elapsed: Since the attempt began.
    ///   - rows: What it has read.
    ///   - left: What is left of its range.
    ///   - asked: How many the coordinator would like, for slots that have nothing to do; nil where it hasn't asked.
    ///   - wait: How long a throttle keeps it from reading on.
    /// - Returns: At least 1; nil where the worker goes on.
    package static func parts(
        elapsed: Duration,
        rows: Int,
        left: Int,
        asked: Int?,
        wait: Duration = .zero
    ) -> Int? {
        guard rows > 0, left > 0 else { return nil }
        // What is written is committed before, so that no transaction stands idle for so long.
        if wait >= Self.patience { return 1 }
        guard left > 1, elapsed > .zero else { return nil }
        // Durations trap where they overflow, and so do whole numbers.
        let worthwhile = Self.worthwhile / .seconds(1)
        let budget = Self.budget / .seconds(1)
        let remaining = elapsed / .seconds(1) * Double(left) / Double(rows)
        let wanted: Double
        if let asked {
            guard remaining >= worthwhile else { return nil }
            // No part of less than half of what is worth its while.
            wanted = min(Double(asked), remaining / (worthwhile / 2))
        } else {
            guard elapsed >= Self.budget, remaining >= budget / 2 else { return nil }
            wanted = (remaining / budget).rounded(.up)
        }
        let parts = Int(min(wanted, Double(Self.mostParts)))
        return max(1, min(parts, left))
    }
}
