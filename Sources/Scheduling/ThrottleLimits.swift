/// What a run may take of the databases; nil leaves a thing unbounded.
package struct ThrottleLimits: Sendable, Equatable, Codable {
    /// Source rows per second over the whole pool.
    package var rowsPerSecond: Int?
    /// Bytes of source rows per second over the whole pool.
    package var bytesPerSecond: Int?
    /// Active sessions on the source that are not Godwit's; with more the pool stands still.
    package var sourceSessions: Int?
    /// Active sessions on the target that are not Godwit's.
    package var targetSessions: Int?
    /// How far the target's slowest standby may be behind.
    package var replicationLag: Lag?
    /// Bytes per second of the WAL that the target writes, whoever makes it write.
    package var walBytesPerSecond: Int?

    package init(
        rowsPerSecond: Int? = nil,
        bytesPerSecond: Int? = nil,
        sourceSessions: Int? = nil,
        targetSessions: Int? = nil,
        replicationLag: Lag? = nil,
        walBytesPerSecond: Int? = nil
    ) {
        self.rowsPerSecond = rowsPerSecond
        self.bytesPerSecond = bytesPerSecond
        self.sourceSessions = sourceSessions
        self.targetSessions = targetSessions
        self.replicationLag = replicationLag
        self.walBytesPerSecond = walBytesPerSecond
    }

    /// Bounds nothing.
    package static let none = Self()

    package var isEmpty: Bool { self == .none }

    /// Whether the source has to be looked at.
    package var watchesSource: Bool { self.sourceSessions != nil }

    /// Whether the target has to be looked at.
    package var watchesTarget: Bool {
        self.targetSessions != nil || self.replicationLag != nil || self.walBytesPerSecond != nil
    }
}

extension ThrottleLimits {
    /// A distance between the target and its standby.
    package enum Lag: Sendable, Equatable, Codable {
        /// Of WAL that the standby has not replayed.
        case bytes(Int)
        /// From a commit on the target to its replay.
        case seconds(Double)
    }
}
