package import Scheduling

/// Something of a target table that a run switched off and has not brought back.
package struct SuspendedRecord: Sendable, Codable, Equatable {
    package var id: Int64
    package var run: RunID
    package var entity: EntityName
    /// Such as `trigger`.
    package var kind: String
    /// Qualified and quoted.
    package var table: String
    package var name: String
    /// One statement that brings it back as it was.
    package var restoreSQL: String

    package init(
        id: Int64,
        run: RunID,
        entity: EntityName,
        kind: String,
        table: String,
        name: String,
        restoreSQL: String
    ) {
        self.id = id
        self.run = run
        self.entity = entity
        self.kind = kind
        self.table = table
        self.name = name
        self.restoreSQL = restoreSQL
    }
}
