/// Decides whether so many of an entity's rows fail that the run has to be looked at.
///
/// Whoever resumes a run after that has accepted the rate: it trips again for the same entity only when the rate has
/// doubled.
package struct CircuitBreaker: Sendable, Equatable {
    /// The share of failing rows that is tolerated.
    package let limit: Double
    /// Rows of an entity before which nothing is concluded.
    package let minimumRows: Int
    /// Rates at which it tripped, by entity.
    package private(set) var accepted: [EntityName: Double]

    package init(limit: Double, minimumRows: Int, accepted: [EntityName: Double] = [:]) {
        self.limit = limit
        self.minimumRows = minimumRows
        self.accepted = accepted
    }

    /// Judges an entity by all of its rows so far.
    ///
    /// - Parameters:
    ///   - entity: Whose rows they are.
    ///   - migrated: Rows in the target.
    ///   - rejected: Rows that were rejected on their own account, not for want of a parent that may still come.
    ///   - failed: Rows of failed shards, of which none arrived.
    /// - Returns: Why the run has to pause; nil while it may go on.
    package mutating func judge(_ entity: EntityName, migrated: Int, rejected: Int, failed: Int) -> Trip? {
        let judged = migrated + rejected + failed
        guard judged >= max(1, self.minimumRows) else { return nil }
        let rate = Double(rejected + failed) / Double(judged)
        let threshold = self.accepted[entity].map { max(self.limit, 2 * $0) } ?? self.limit
        guard rate > threshold else { return nil }
        self.accepted[entity] = rate
        return Trip(entity: entity, judged: judged, rejected: rejected, failed: failed, rate: rate, limit: threshold)
    }
}

extension CircuitBreaker {
    /// Too many rows of an entity fail.
    package struct Trip: Sendable, Equatable {
        package var entity: EntityName
        package var judged: Int
        package var rejected: Int
        package var failed: Int
        package var rate: Double
        /// What the rate exceeds: the plan's limit, or twice the rate accepted before.
        package var limit: Double

        /// Entity, rate, limit and what to do, in a sentence's part.
        package var reason: String {
            var counts = "\(self.rejected) of \(self.judged) rows rejected"
            if self.failed > 0 { counts += ", \(self.failed) in failed shards" }
            return """
                the circuit breaker tripped: \(Self.percent(self.rate)) of the rows of \(self.entity) fail, more than \
                \(Self.percent(self.limit)) (\(counts)); `godwit rejects ls --entity \(self.entity)` and `godwit shards \
                --failed` show why, `godwit resume` accepts the rate
                """
        }

        private static func percent(_ share: Double) -> String {
            "\((share * 10_000).rounded() / 100) %"
        }
    }
}
