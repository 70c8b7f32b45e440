/// A suspended object that a task has for itself.
package struct TakenObject: Sendable, Equatable {
    package var object: SuspendedRecord
    /// Whether the target's catalog has the effect of its next step already: somebody was quicker, by hand.
    package var isStepDone: Bool
    /// Whether PostgreSQL would have dropped it with a column of its table.
    package var isGone: Bool
    /// What keeps it from coming back, in words: its table has another name, or something else has its own.
    package var hindrance: String?
}
