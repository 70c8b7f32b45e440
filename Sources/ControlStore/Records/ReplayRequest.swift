package import Scheduling

/// A corrected plan, resolved and found to move no row that is there.
package struct NewPlanRevision: Sendable {
    /// The version it was compared with; another one meanwhile refuses it.
    package var corrects: Int
    package var planHash: String
    package var planText: String
    /// JSON that workers execute.
    package var resolvedPlan: String
    /// What it changes, for people.
    package var changes: [String]

    /// Its number once it is recorded.
    package var number: Int { self.corrects + 1 }

    package init(corrects: Int, planHash: String, planText: String, resolvedPlan: String, changes: [String]) {
        self.corrects = corrects
        self.planHash = planHash
        self.planText = planText
        self.resolvedPlan = resolvedPlan
        self.changes = changes
    }
}

/// What came of asking for a replay.
package struct ReplayRequest: Sendable, Equatable {
    /// How the run stood when it was asked.
    package var status: RunStatus
    /// Rejects that were chosen.
    package var chosen: Int
    /// Rejects of rows that refer to them, which follow by themselves.
    package var followers: Int
    package var entities: [EntityCount]
    package var shards: [ShardID]
    /// Shards of earlier requests that nobody has worked on yet.
    package var waiting: [ShardID]
    /// The version of the plan from now on.
    package var revision: Int

    /// Rejects of one entity.
    package struct EntityCount: Sendable, Equatable {
        package var entity: EntityName
        package var rejects: Int
    }
}

/// What replay shards did, over all of them.
package struct ReplayOutcome: Sendable, Equatable {
    package var migrated = 0
    /// Rejected again for another reason.
    package var superseded = 0
    /// Rejected again for the same one.
    package var unchanged = 0
    package var gone = 0
    package var filtered = 0
    /// Keys of shards that are not done.
    package var notReplayed = 0
}

/// A version of a run's plan.
package struct PlanRevisionRecord: Sendable, Equatable {
    package var number: Int
    package var planHash: String
    package var changes: [String]
    package var createdBy: String
}
