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
    /// Who is at its next step.
    package var worker: WorkerName?

    /// Whether something is left to do.
    package var isOpen: Bool { self.isOff && self.restoredAt == nil }
}
