package import FoundationEssentials
package import Scheduling

/// An entity of a run, when the run is opened.
package struct NewEntity: Sendable {
    package var name: EntityName
    package var phase: String?
    /// Both qualified and quoted, as SQL takes them.
    package var sourceTable: String
    package var targetTable: String
    /// UUID and legacy column of the target, not quoted; the audit view shows entities that have both.
    package var idColumn: String?
    package var legacyColumn: String?
    package var dependsOn: [EntityName]

    package init(
        name: EntityName,
        phase: String?,
        sourceTable: String,
        targetTable: String,
        idColumn: String?,
        legacyColumn: String?,
        dependsOn: [EntityName]
    ) {
        self.name = name
        self.phase = phase
        self.sourceTable = sourceTable
        self.targetTable = targetTable
        self.idColumn = idColumn
        self.legacyColumn = legacyColumn
        self.dependsOn = dependsOn
    }
}

/// An entity as the control schema knows it.
package struct EntityRecord: Sendable, Codable, Equatable {
    package var name: EntityName
    /// Place in dependency order, from 0.
    package var position: Int
    package var phase: String?
    package var sourceTable: String
    package var targetTable: String
    package var dependsOn: [EntityName]
    package var stage: EntityNode.Stage
    package var startedAt: Date?
    package var settledAt: Date?
    package var completedAt: Date?
    package var message: String?
}
