package import Scheduling

/// Stored source rows of a run's rejects.
package struct PurgeCount: Sendable, Equatable {
    package var run: RunID
    /// Nil where the run itself is gone.
    package var number: Int?
    package var rows: Int
    package var bytes: Int
}
