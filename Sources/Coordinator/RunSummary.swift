/// How a coordinator's run ended.
package struct RunSummary: Sendable, Equatable {
    package var outcome: Outcome
    /// For people: what stopped it, or what is left to do.
    package var message: String

    package init(_ outcome: Outcome, _ message: String) {
        self.outcome = outcome
        self.message = message
    }
}

extension RunSummary {
    /// What the exit status tells.
    package enum Outcome: Sendable, Equatable {
        /// Every row is migrated, rejected within the policy, or filtered.
        case done
        /// Failed shards, rejects over the policy, or a mixed snapshot.
        case incomplete
        case paused
        case failed
    }
}
