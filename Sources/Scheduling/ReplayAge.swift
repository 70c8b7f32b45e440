/// For how long a standby has not replayed what the target has written, by the positions that its WAL had at each look.
///
/// What `pg_stat_replication` says of time is that of the last replay: it stays as it was, or NULL, while a standby replays
/// nothing. https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW
struct ReplayAge: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Positions that the standby has not reached, the oldest first.
    private var marks: [(at: Instant, position: Int)] = []

    /// What is no lag: a standby of an idle server may report some bytes less than were written, for ever.
    ///
    /// A page of WAL; safe from some hundred bytes to a megabyte.
    static let tolerance = 8192
    /// More marks than these, an hour's, say no more than the oldest of them does.
    private static let mostMarks = 3600

    /// - Parameters:
    ///   - position: Bytes of WAL since the cluster was made.
    ///   - behind: So many of them are not replayed.
    ///   - now: The coordinator's monotonic clock.
    /// - Returns: Seconds, too few by the time between two looks at most.
    mutating func saw(position: Int, behind: Int, now: Instant) -> Double {
        // Another server's WAL: measured anew.
        if let last = self.marks.last, last.position > position { self.marks.removeAll() }
        self.marks.removeAll { $0.position <= position - behind + Self.tolerance }
        if behind > Self.tolerance, self.marks.count < Self.mostMarks { self.marks.append((now, position)) }
        return self.marks.first.map { (now - $0.at) / .seconds(1) } ?? 0
    }
}
