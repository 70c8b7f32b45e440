/// The next statement on the way back of something that is off.
package struct DueStep: Sendable, Equatable {
    package var object: SuspendedRecord
    /// Its place among the object's steps.
    package var place: Int

    /// The statement.
    package var step: RestoreStep { self.object.steps[self.place] }

    /// Whether the object is back with it.
    package var isLast: Bool { self.place == self.object.steps.count - 1 }

    /// Every step that is left of some objects, in the order in which to do them: indexes first, constraints made of them,
    /// foreign keys, which need the indexes of the tables they refer to, and their validation in the end.
    package static func of(_ objects: [SuspendedRecord]) -> [DueStep] {
        objects
            .flatMap { object in
                object.steps.indices.dropFirst(object.stepsDone).map { DueStep(object: object, place: $0) }
            }
            .enumerated()
            .sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
            .map(\.element)
    }

    private var rank: Int {
        switch self.step.kind {
        case .trigger: 0
        case .index: 1
        case .constraint: self.object.steps.first?.kind == .index ? 2 : 3
        case .validate: 4
        }
    }
}
