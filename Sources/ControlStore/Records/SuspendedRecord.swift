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
    /// What brings it back as it was, in this order.
    package var steps: [RestoreStep]
    /// So many of them are done.
    package var stepsDone: Int

    package init(
        id: Int64,
        run: RunID,
        entity: EntityName,
        kind: String,
        table: String,
        name: String,
        steps: [RestoreStep],
        stepsDone: Int = 0
    ) {
        self.id = id
        self.run = run
        self.entity = entity
        self.kind = kind
        self.table = table
        self.name = name
        self.steps = steps
        self.stepsDone = stepsDone
    }

    /// Whether it is a trigger, which comes back at once; indexes and constraints take their time.
    package var isTrigger: Bool { self.steps.first?.kind == .trigger }

    /// The steps that are left.
    package var openSteps: ArraySlice<RestoreStep> { self.steps.dropFirst(self.stepsDone) }

    /// The statements that are left, for somebody who has to type them.
    package var restoreSQL: String { self.openSteps.map(\.sql).joined(separator: ";\n") }
}
