/// How much a worker may read now: a token bucket that its slots share.
///
/// What was read is counted afterwards, because nobody knows a row's size before; the debt is waited for.
/// https://en.wikipedia.org/wiki/Token_bucket
package struct PaceBucket: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private var standing = Standing.unbounded
    private var rows = 0.0
    private var bytes = 0.0
    private var filled: Instant

    package init(now: Instant) {
        self.filled = now
    }

    /// A full bucket holds what comes in so much time.
    ///
    /// Shorter, and slots that wait for each other leave some of it unused; longer bursts are felt by others.
    private static let burst = 0.25
    /// A slot reads what comes in so much time at once; well below the burst.
    private static let piece = 0.1

    /// Nothing is read before the coordinator has said how much may be.
    package mutating func close() {
        if case .unbounded = self.standing { self.standing = .closed }
    }

    /// The coordinator lends a share; nil where the run is not throttled.
    package mutating func set(_ pace: Pace?, now: Instant) {
        self.fill(now: now)
        guard let pace else {
            self.standing = .unbounded
            return
        }
        // No debt is carried over to a share that bounds the thing for the first time.
        if case .open(let before, _) = self.standing {
            if before.rowsPerSecond == nil { self.rows = 0 }
            if before.bytesPerSecond == nil { self.bytes = 0 }
        }
        self.standing = pace.isClosed ? .closed : .open(pace, until: now + .seconds(pace.seconds))
    }

    /// Whether a slot may read now.
    package mutating func verdict(now: Instant) -> Verdict {
        self.fill(now: now)
        switch self.standing {
        case .unbounded: return .go
        case .closed: return .closed
        case .open(_, let until) where now >= until: return .closed
        case .open(let pace, _):
            let waits = [
                Self.wait(for: self.rows, pace.rowsPerSecond), Self.wait(for: self.bytes, pace.bytesPerSecond),
            ]
            let longest = waits.max() ?? 0
            return longest > 0 ? .wait(.seconds(longest)) : .go
        }
    }

    /// The most that a slot reads before it asks again; nil for no bound.
    package var piece: (rows: Int?, bytes: Int?) {
        guard case .open(let pace, _) = self.standing else { return (nil, nil) }
        return (
            pace.rowsPerSecond.map { Int(max(1, ($0 * Self.piece).rounded(.up))) },
            pace.bytesPerSecond.map { Int(max(1, ($0 * Self.piece).rounded(.up))) }
        )
    }

    /// Whether a share is lent, or none is.
    package var isBounded: Bool {
        if case .unbounded = self.standing { false } else { true }
    }

    /// Bytes that all slots read in a time; nil for no bound.
    package func bytes(in time: Duration) -> Int? {
        guard case .open(let pace, _) = self.standing, let rate = pace.bytesPerSecond else { return nil }
        return Int(rate * (time / .seconds(1)))
    }

    /// Rows that all slots read in a time; nil for no bound.
    package func rows(in time: Duration) -> Int? {
        guard case .open(let pace, _) = self.standing, let rate = pace.rowsPerSecond else { return nil }
        return Int(rate * (time / .seconds(1)))
    }

    /// A slot has read so much.
    package mutating func took(rows: Int, bytes: Int) {
        guard case .open(let pace, _) = self.standing else { return }
        if pace.rowsPerSecond != nil { self.rows -= Double(rows) }
        if pace.bytesPerSecond != nil { self.bytes -= Double(bytes) }
    }

    private mutating func fill(now: Instant) {
        let time = max(0, (now - self.filled) / .seconds(1))
        self.filled = max(now, self.filled)
        guard case .open(let pace, _) = self.standing else { return }
        if let rate = pace.rowsPerSecond { self.rows = min(self.rows + rate * time, rate * Self.burst) }
        if let rate = pace.bytesPerSecond { self.bytes = min(self.bytes + rate * time, rate * Self.burst) }
    }

    /// Seconds until what was taken too early has come in; a share of nothing is asked for again after a second.
    private static func wait(for level: Double, _ rate: Double?) -> Double {
        guard let rate else { return 0 }
        guard rate > 0 else { return 1 }
        return level < 0 ? -level / rate : 0
    }
}

extension PaceBucket {
    /// What a slot does before it reads on.
    package enum Verdict: Sendable, Equatable {
        case go
        /// Ask again after this time.
        case wait(Duration)
        /// Nothing may be read until the coordinator says so.
        case closed
    }

    private enum Standing: Sendable {
        /// The run is not throttled. Can transition to: open, closed.
        case unbounded
        /// A share is lent. Can transition to: open, closed, unbounded.
        case open(Pace, until: Instant)
        /// None is. Can transition to: open, unbounded.
        case closed
    }
}
