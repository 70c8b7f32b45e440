import Scheduling

/// The target does not answer, and why.
struct TargetOutage: Sendable, Equatable {
    var outage: Outage
    /// What the coordinator was told first.
    var error: String
}
