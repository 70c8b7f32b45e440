/// Why a run grants nothing; each has its section in `docs/runbook.md`.
package enum PauseCause: String, Sendable, Codable, CaseIterable {
    /// Somebody called `godwit pause`. Only `godwit resume` ends it.
    case byOperator = "operator"
    /// A shard failed, and the plan says `error_strategy: pause`.
    case errorStrategy = "error_strategy"
    /// An entity's rate of rejects exceeds the plan's.
    case circuitBreaker = "circuit_breaker"
    /// The snapshot is older than the plan's `max_snapshot_age`.
    case snapshotAge = "snapshot_age"
    /// `godwit retry` opened a run again that had ended.
    case shardsRetried = "shards_retried"

    /// The section's anchor.
    package var runbookAnchor: String {
        switch self {
        case .byOperator: "paused-by-an-operator"
        case .errorStrategy: "paused-after-a-failed-shard"
        case .circuitBreaker: "paused-by-the-circuit-breaker"
        case .snapshotAge: "paused-because-the-snapshot-is-old"
        case .shardsRetried: "paused-because-shards-are-to-be-retried"
        }
    }

    /// Whether a coordinator that is started takes its start for the command to go on.
    ///
    /// A supervisor starts one again whatever it left for, so only what is not about the run's state may end so.
    package var endsWithANewCoordinator: Bool { self == .shardsRetried }

    /// Whether a coordinator paused the run by itself: one that is started meanwhile leaves at once, so that no supervisor
    /// resumes it.
    package var isCoordinators: Bool {
        switch self {
        case .errorStrategy, .circuitBreaker, .snapshotAge: true
        case .byOperator, .shardsRetried: false
        }
    }
}
