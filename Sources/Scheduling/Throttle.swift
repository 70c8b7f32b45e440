/// Shares out what the pool may read, and stands still where a signal says so or nobody knows it.
///
/// Reads no clock and does no I/O: the coordinator looks at the databases and tells what it saw.
package struct Throttle: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// As the plan or the operator has them now.
    package private(set) var limits: ThrottleLimits
    /// Somebody has set limits that can't be read here: none would be as wrong as any.
    private var areUnreadable = false
    private var source: Look?
    private var target: Look?
    /// Why the look at a database failed, as long as none has succeeded since.
    private var sourceTrouble: String?
    private var targetTrouble: String?
    private var lent: [Incarnation: Loan] = [:]
    private var wal: WALGovernor?
    private var replay = ReplayAge()

    package init(limits: ThrottleLimits) {
        self.limits = limits
        self.wal = limits.walBytesPerSecond.map { WALGovernor(limit: Double($0)) }
    }

    /// How often the databases are looked at.
    package static let interval = Duration.seconds(1)
    /// A look that is older says nothing; five looks, so that one slow answer stops nobody.
    static let staleAfter = Duration.seconds(5)
    /// How long a share holds: three pings, so that one lost answer stops nobody, and a coordinator that is gone stops all.
    static let term = Duration.seconds(7)
    /// A closed throttle opens where the lag is below this share of the limit, so that it does not flutter.
    static let reopening = 0.8

    /// Whether anything is bounded.
    package var isBounding: Bool { self.areUnreadable || !self.limits.isEmpty }

    /// Goes by other limits from now on; what is lent ends by itself.
    ///
    /// - Parameters:
    ///   - limits: Those that hold.
    ///   - areReadable: Whether they are all; where they are not, nothing is read until somebody sets others.
    package mutating func follow(_ limits: ThrottleLimits, areReadable: Bool = true) {
        self.areUnreadable = !areReadable
        guard limits != self.limits else { return }
        if limits.walBytesPerSecond != self.limits.walBytesPerSecond {
            self.wal = limits.walBytesPerSecond.map { WALGovernor(limit: Double($0)) }
        }
        self.limits = limits
    }

    package mutating func saw(_ signals: SourceSignals, now: Instant) {
        self.sourceTrouble = nil
        let reason = Self.excess(signals.sessions, over: self.limits.sourceSessions, on: "source")
        self.source = Look(at: now, reason: reason)
    }

    /// - Parameters:
    ///   - signals: Of one look.
    ///   - bytesRead: By all workers since the coordinator began to count.
    ///   - now: The coordinator's monotonic clock.
    package mutating func saw(_ signals: TargetSignals, bytesRead: Int, now: Instant) {
        self.targetTrouble = nil
        self.wal?.saw(position: signals.walPosition, bytesRead: bytesRead, now: now)
        let wasBehind = self.target?.isBehind ?? false
        var standby = signals.standby
        if let seen = standby {
            let age = self.replay.saw(position: signals.walPosition, behind: seen.bytes, now: now)
            standby?.seconds = max(seen.seconds, age)
        }
        let lag = self.lag(standby, wasBehind: wasBehind)
        let sessions = Self.excess(signals.sessions, over: self.limits.targetSessions, on: "target")
        self.target = Look(at: now, reason: sessions ?? lag, isBehind: lag != nil)
    }

    /// A look failed; what was seen before goes stale.
    package mutating func failedToLook(at side: Side, _ error: String) {
        switch side {
        case .source: self.sourceTrouble = error
        case .target: self.targetTrouble = error
        }
    }

    /// The share of a worker that asks for it, or asks again.
    ///
    /// - Parameters:
    ///   - worker: Who asks.
    ///   - weight: Its part of the pool's work, at least 1.
    ///   - total: The weights of all workers, its own included.
    ///   - now: The coordinator's monotonic clock.
    /// - Returns: nil where nothing is bounded.
    package mutating func pace(for worker: Incarnation, weight: Int, of total: Int, now: Instant) -> Pace? {
        guard self.isBounding else {
            self.lent.removeAll()
            return nil
        }
        self.lent = self.lent.filter { $0.value.until > now && $0.key != worker }
        let seconds = Self.term / .seconds(1)
        guard self.closure(now: now) == nil else {
            return Pace(rowsPerSecond: nil, bytesPerSecond: nil, isClosed: true, seconds: seconds)
        }
        let part = Double(max(1, weight)) / Double(max(1, weight, total))
        // Never more than the others leave, so that a worker that has just come adds nothing to the whole.
        let rows = self.limits.rowsPerSecond.map { limit in
            max(0, min(Double(limit) * part, Double(limit) - self.lent.values.reduce(0) { $0 + $1.rows }))
        }
        let bytes = self.bytesPerSecond.map { limit in
            max(0, min(limit * part, limit - self.lent.values.reduce(0) { $0 + $1.bytes }))
        }
        self.lent[worker] = Loan(rows: rows ?? 0, bytes: bytes ?? 0, until: now + Self.term)
        return Pace(rowsPerSecond: rows, bytesPerSecond: bytes, isClosed: false, seconds: seconds)
    }

    /// How it stands, and why, as people read it.
    package func standing(now: Instant) -> Standing {
        guard self.isBounding else { return .open }
        if let reason = self.closure(now: now) { return .closed(reason) }
        if let slowed = self.wal?.slowed { return .slowed(slowed) }
        return .open
    }

    /// Whether nothing may be granted.
    package func isClosed(now: Instant) -> Bool {
        self.isBounding && self.closure(now: now) != nil
    }

    private var bytesPerSecond: Double? {
        let limit = self.limits.bytesPerSecond.map { Double($0) }
        guard let wal = self.wal?.bytesPerSecond else { return limit }
        return min(limit ?? wal, wal)
    }

    private func closure(now: Instant) -> String? {
        if self.areUnreadable {
            return """
                the limits that were set for the run can't be read by this version of Godwit; set them anew with \
                `godwit throttle`, or go back to the plan's with `godwit throttle --plan`
                """
        }
        if self.limits.watchesSource,
            let reason = Self.closure(self.source, self.sourceTrouble, .source, now: now)
        {
            return reason
        }
        guard self.limits.watchesTarget else { return nil }
        return Self.closure(self.target, self.targetTrouble, .target, now: now)
    }

    /// Why a database stops the run: what was seen there, or that nothing was.
    private static func closure(_ look: Look?, _ trouble: String?, _ side: Side, now: Instant) -> String? {
        let why = trouble.map { ": \($0)" } ?? ""
        guard let look else { return "the \(side.rawValue)'s load is not known yet\(why)" }
        let age = now - look.at
        if age > Self.staleAfter {
            return "the \(side.rawValue)'s load has not been known for \(Int(age / .seconds(1))) s\(why)"
        }
        return look.reason
    }

    private static func excess(_ sessions: Int, over limit: Int?, on side: String) -> String? {
        guard let limit, sessions > limit else { return nil }
        let verb = sessions == 1 ? "session is" : "sessions are"
        return "\(sessions) \(verb) active on the \(side), more than \(limit)"
    }

    private func lag(_ standby: TargetSignals.Standby?, wasBehind: Bool) -> String? {
        guard let limit = self.limits.replicationLag else { return nil }
        guard let standby else { return "no standby is connected to the target, so its lag is not known" }
        let factor = wasBehind ? Self.reopening : 1
        switch limit {
        case .bytes(let bytes):
            guard Double(standby.bytes) > Double(bytes) * factor else { return nil }
            return "\(standby.name) is \(ByteText.text(standby.bytes)) behind, the limit is \(ByteText.text(bytes))"
        case .seconds(let seconds):
            guard standby.seconds > seconds * factor else { return nil }
            let behind = (standby.seconds * 10).rounded() / 10
            return "\(standby.name) is \(behind) s behind, the limit is \(seconds) s"
        }
    }
}

extension Throttle {
    /// Which database.
    package enum Side: String, Sendable {
        case source
        case target
    }

    /// Whether the pool reads.
    package enum Standing: Sendable, Equatable {
        /// As fast as the plan's rates allow.
        case open
        /// More slowly, because of a signal.
        case slowed(String)
        /// Not at all.
        case closed(String)
    }

    private struct Look: Sendable {
        var at: Instant
        /// Why it stops the run; nil where it does not.
        var reason: String?
        /// Whether a standby was too far behind.
        var isBehind = false
    }

    private struct Loan: Sendable {
        var rows: Double
        var bytes: Double
        var until: Instant
    }
}
