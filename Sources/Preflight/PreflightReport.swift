package import Catalog
package import MigrationPlan

/// The outcome of a check.
package struct PreflightReport: Sendable {
    /// The plan as a run would execute it, nil where a finding is an error.
    package var plan: ResolvedPlan?
    /// Sorted by their places in the plan.
    package var findings: [Finding]
    /// The entities that could be resolved, also where others could not; in dependency order.
    package var entities: [ResolvedEntity]
    /// In dependency order.
    package var estimates: [EntityEstimate]
    package var source: ServerFacts
    package var target: ServerFacts

    /// Whether a run may start.
    package var passes: Bool { self.plan != nil }
}
