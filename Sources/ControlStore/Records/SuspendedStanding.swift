package import FoundationEssentials
package import Scheduling

/// How something that a run switched off or dropped stands now.
package struct SuspendedStanding: Sendable, Codable, Equatable {
    package var object: SuspendedRecord
    /// The run's number.
    package var number: Int
    package var suspendedAt: Date
    /// When it was back; nil where nobody has noted that.
    package var restoredAt: Date?
    /// Whether the target's catalog says that it is off, whatever is noted.
    package var isOff: Bool
    /// Whether PostgreSQL would have dropped it with a column of its table.
    package var isGone: Bool
    /// What keeps it from coming back, in words.
    package var hindrance: String?
    /// Why an operator has said that it need not come back.
    package var givenUp: String?
    /// Who is at its next step.
    package var worker: WorkerName?

    /// Whether something is left to do.
    package var isOpen: Bool { self.isOff && self.restoredAt == nil }
}
