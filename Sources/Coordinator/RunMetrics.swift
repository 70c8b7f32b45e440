package import Postgres

/// The figures of a run as `migration_runs.metrics` keeps them.
package struct RunMetrics: Codable, Sendable, Equatable {
    package var rowsPerSecond: Double
    /// Source rows not accounted for yet, by the estimates of the plan's resolution.
    package var remainingRows: Int
    /// Seconds of all slots by stage.
    package var stageSeconds: [String: Double]
    package var bytesRead: Int
    package var bytesWritten: Int
    package var batches: Int
    package var unreadableMessages: Int
    package var unsentMessages: Int
    /// Dropped because they were not their sender's to send; 0 in metrics of earlier versions.
    package var foreignMessages: Int?
    /// Whether the workers' own sessions use the plan's `connections:` up; nil in metrics of earlier versions.
    package var isBudgetUsedUp: Bool?
    /// Statements that wait for the run's tables in the source; nil in metrics of earlier versions.
    package var waits: [TableWait]?
    /// How it is throttled; nil where it is not, and in metrics of earlier versions.
    package var throttle: ThrottleFigures?
    /// Seconds in which a coordinator led the run and it was not paused; nil in metrics of earlier versions.
    package var activeSeconds: Double?
    /// The longest that the coordinator's loop was busy with one event, since it began to lead; nil in metrics of earlier
    /// versions.
    package var longestTurnSeconds: Double?

    /// Seconds to go at the present rate; nil while nothing moves.
    package var remainingSeconds: Double? {
        self.rowsPerSecond > 0 ? Double(self.remainingRows) / self.rowsPerSecond : nil
    }
}
