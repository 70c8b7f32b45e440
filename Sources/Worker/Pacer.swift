import Scheduling
import Synchronization

/// What the slots of a worker may read, as the coordinator lends it.
final class Pacer: Sendable {
    private let bucket = Mutex(PaceBucket(now: .now))

    /// Nothing is read before the coordinator has said how much may be.
    func close() {
        self.bucket.withLock { $0.close() }
    }

    func set(_ pace: Pace?) {
        self.bucket.withLock { $0.set(pace, now: .now) }
    }

    func verdict() -> PaceBucket.Verdict {
        self.bucket.withLock { $0.verdict(now: .now) }
    }

    /// How long nothing may be read, as far as it is known.
    var wait: Duration {
        if case .wait(let time) = self.verdict() { time } else { .zero }
    }

    /// Whether the run is throttled.
    var isBounded: Bool { self.bucket.withLock(\.isBounded) }

    /// The most that a slot reads before it asks again; nil for no bound.
    var piece: (rows: Int?, bytes: Int?) { self.bucket.withLock(\.piece) }

    func took(rows: Int, bytes: Int) {
        self.bucket.withLock { $0.took(rows: rows, bytes: bytes) }
    }

    /// What may be read in a time; nil for no bound.
    func amount(in time: Duration) -> (rows: Int?, bytes: Int?) {
        self.bucket.withLock { ($0.rows(in: time), $0.bytes(in: time)) }
    }
}
