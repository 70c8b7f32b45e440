extension RunSettings {
    /// What the run may take of the databases; nil leaves a thing unbounded.
    package struct Throttle: Sendable, Equatable, Codable {
        /// Source rows per second over the whole pool.
        package var rowsPerSecond: Int?
        /// Bytes of source rows per second over the whole pool.
        package var bytesPerSecond: Int?
        /// Active sessions of others on the source with which the pool still reads.
        package var sourceSessions: Int?
        /// Active sessions of others on the target with which the pool still reads.
        package var targetSessions: Int?
        package var replicationLag: Lag?
        /// Bytes of the target's WAL per second.
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
    }
}

extension RunSettings.Throttle {
    /// How far the target's slowest standby may be behind.
    package enum Lag: Sendable, Equatable, Codable {
        /// Of WAL not replayed.
        case bytes(Int)
        /// From commit to replay.
        case seconds(Double)

        /// `64MiB` or `10s`.
        package init?(_ text: String) {
            if let bytes = PlanScalar.size(text) {
                self = .bytes(bytes)
            } else if let time = PlanScalar.duration(text), time > .zero {
                self = .seconds(time / .seconds(1))
            } else {
                return nil
            }
        }
    }

    /// `20000/s`: rows in a second.
    package static func rows(_ text: String) -> Int? {
        Self.perSecond(text).flatMap { PlanScalar.integer($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// `10MiB/s`: bytes in a second.
    package static func bytes(_ text: String) -> Int? {
        Self.perSecond(text).flatMap { PlanScalar.size($0) }
    }

    private static func perSecond(_ text: String) -> String? {
        text.hasSuffix("/s") ? String(text.dropLast(2)) : nil
    }
}
