/// A plan resolved against both databases: everything a worker needs to move rows, as plain data.
///
/// The coordinator stores it as JSON with the run; workers execute it without looking at the plan again.
package struct ResolvedPlan: Codable, Sendable, Equatable {
    package var name: String
    /// `Plan.hash` of the plan it came from.
    package var planHash: String
    /// 36-character lowercase UUID.
    package var namespace: String
    /// The phases in order.
    package var phases: [String]
    /// In dependency order: an entity stands behind everything it depends on.
    package var entities: [ResolvedEntity]
    package var policy: RunPolicy
    /// What `search_path` must be on sessions that run the plan's SQL in the source.
    package var sourceSearchPath: String
    /// The same for the target.
    package var targetSearchPath: String

    package init(
        name: String,
        planHash: String,
        namespace: String,
        phases: [String],
        entities: [ResolvedEntity],
        policy: RunPolicy,
        sourceSearchPath: String,
        targetSearchPath: String
    ) {
        self.name = name
        self.planHash = planHash
        self.namespace = namespace
        self.phases = phases
        self.entities = entities
        self.policy = policy
        self.sourceSearchPath = sourceSearchPath
        self.targetSearchPath = targetSearchPath
    }

    /// The entity of that name.
    package func entity(named name: String) -> ResolvedEntity? {
        self.entities.first { $0.name == name }
    }
}
