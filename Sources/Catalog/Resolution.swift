package import MigrationPlan

/// What came of resolving a plan.
package struct Resolution: Sendable {
    /// Nil where a finding is an error.
    package var plan: ResolvedPlan?
    /// The entities that could be resolved, also where others could not.
    package var entities: [ResolvedEntity]
    package var findings: [Finding]
    /// By entity: unique indexes of the target that no rule of the plan decides about.
    package var undecidedIndexes: [String: [UniqueRuleQuery]]
    /// Entities whose row source can't yield a key twice: the base table itself, under a unique index.
    package var entitiesWithUniqueKey: Set<String>
    /// `ResolvedPlan.sourceSearchPath`.
    package var sourceSearchPath: String
}
