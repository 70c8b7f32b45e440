/// A suspended object that a task has for itself.
package struct TakenObject: Sendable, Equatable {
    package var object: SuspendedRecord
    /// Whether the target's catalog has the effect of its next step already: somebody was quicker, by hand.
    package var isStepDone: Bool
}
