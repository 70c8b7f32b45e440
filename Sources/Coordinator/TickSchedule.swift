import Scheduling

/// When the coordinator's recurring work is due.
struct TickSchedule {
    /// Reading back what the control schema says of shards in flight, pauses and retries.
    var reconcile: Timer
    /// Looking for leases that have expired; each second more is a second that a dead worker's shards wait.
    var sweep: Timer
    /// Writing the run's figures down, as often as a display asks for them.
    var record: Timer
    /// Writing down what the workers' pings said, some at a time.
    var workers: Timer
    /// Asking whether the snapshot is still held; well below the silence after which workers are given up.
    var snapshot: Timer
    /// Looking at what the databases are busy with, where the run is throttled by it.
    var load: Timer
    /// Reading the allow-list: how long a revoked worker goes on, and a new one waits; safe up to 4 s.
    var keys: Timer

    init(now: ContinuousClock.Instant) {
        self.reconcile = Timer(every: .seconds(1), from: now)
        self.sweep = Timer(every: .seconds(1), from: now)
        self.record = Timer(every: .seconds(1), from: now)
        self.workers = Timer(every: .milliseconds(300), from: now)
        self.snapshot = Timer(every: .seconds(5), from: now)
        self.load = Timer(every: Throttle.interval, from: now - Throttle.interval)
        self.keys = Timer(every: .seconds(1), from: now)
    }

    /// Whether a timer is due; it then starts anew.
    mutating func take(_ timer: WritableKeyPath<Self, Timer>, now: ContinuousClock.Instant) -> Bool {
        self[keyPath: timer].take(now)
    }

    /// Makes a timer due with the next tick.
    mutating func hurry(_ timer: WritableKeyPath<Self, Timer>, now: ContinuousClock.Instant) {
        self[keyPath: timer].hurry(now)
    }

    /// Puts a timer off for at least so long.
    mutating func delay(_ timer: WritableKeyPath<Self, Timer>, by time: Duration, now: ContinuousClock.Instant) {
        self[keyPath: timer].delay(now + time)
    }

    struct Timer {
        private let interval: Duration
        private var due: ContinuousClock.Instant

        init(every interval: Duration, from now: ContinuousClock.Instant) {
            self.interval = interval
            self.due = now + interval
        }

        mutating func hurry(_ now: ContinuousClock.Instant) {
            self.due = min(self.due, now)
        }

        mutating func delay(_ until: ContinuousClock.Instant) {
            self.due = max(self.due, until)
        }

        mutating func take(_ now: ContinuousClock.Instant) -> Bool {
            guard now >= self.due else { return false }
            self.due = now + self.interval
            return true
        }
    }
}
