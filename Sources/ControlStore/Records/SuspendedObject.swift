package import Scheduling

/// Something of a target table that is off during the load.
package struct SuspendedObject: Sendable, Equatable {
    package var entity: EntityName
    /// Such as `trigger`.
    package var kind: String
    /// Qualified and quoted.
    package var table: String
    package var name: String
    /// One statement that switches it off.
    package var suspendSQL: String
    /// What brings it back as it was, in this order.
    package var steps: [RestoreStep]

    package init(
        entity: EntityName,
        kind: String,
        table: String,
        name: String,
        suspendSQL: String,
        steps: [RestoreStep]
    ) {
        self.entity = entity
        self.kind = kind
        self.table = table
        self.name = name
        self.suspendSQL = suspendSQL
        self.steps = steps
    }
}
