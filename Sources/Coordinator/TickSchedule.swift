import Scheduling

/// When the coordinator's recurring work is due; one piece of it at a time, so that messages come in between.
struct TickSchedule {
    private var dues: [ContinuousClock.Instant]

    init(now: ContinuousClock.Instant) {
        self.dues = Work.allCases.map { now + $0.interval * $0.phase }
    }

    /// The work that has been due for the longest; it then starts anew.
    mutating func next(now: ContinuousClock.Instant) -> Work? {
        guard let work = Work.allCases.min(by: { self.dues[$0.rawValue] < self.dues[$1.rawValue] }),
            self.dues[work.rawValue] <= now
        else { return nil }
        // In step with its phase, unless it comes an interval late.
        let following = self.dues[work.rawValue] + work.interval
        self.dues[work.rawValue] = following > now ? following : now + work.interval
        return work
    }

    /// Whether there is work to do at once.
    func isDue(now: ContinuousClock.Instant) -> Bool {
        self.dues.contains { $0 <= now }
    }

    /// Makes work due with the next tick.
    mutating func hurry(_ work: Work, now: ContinuousClock.Instant) {
        self.dues[work.rawValue] = min(self.dues[work.rawValue], now)
    }

    /// Puts work off for at least so long.
    mutating func delay(_ work: Work, by time: Duration, now: ContinuousClock.Instant) {
        self.dues[work.rawValue] = max(self.dues[work.rawValue], now + time)
    }
}

extension TickSchedule {
    /// A piece of recurring work.
    enum Work: Int, CaseIterable, Sendable {
        /// Reading back what the control schema says of shards in flight, some at a time.
        case shards
        /// Reading what operators want: pauses, retries, drains.
        case orders
        /// Looking for leases that have expired; each second more is a second that a dead worker's shards wait.
        case sweep
        /// Writing the run's figures down, as often as a display asks for them.
        case figures
        /// Writing down what the workers' pings said, some at a time.
        case workers
        /// Asking whether the snapshot is still held; well below the silence after which workers are given up.
        case snapshot
        /// Looking at what the databases are busy with, where the run is throttled by it.
        case load
        /// Reading the allow-list: how long a revoked worker goes on, and a new one waits; safe up to 4 s.
        case keys
        /// Telling workers again that the run has ended.
        case dismissal

        var interval: Duration {
            switch self {
            case .shards, .orders, .sweep, .figures, .keys, .dismissal: .seconds(1)
            case .workers: .milliseconds(300)
            case .snapshot: .seconds(5)
            case .load: Throttle.interval
            }
        }

        /// When it is done first, as a part of its interval: apart from the others, so that they don't fall due together.
        var phase: Double {
            switch self {
            case .load: 0
            case .keys: 0.15
            case .shards: 0.3
            case .orders: 0.45
            case .sweep: 0.6
            case .dismissal: 0.75
            case .figures: 0.9
            case .workers, .snapshot: 1
            }
        }
    }
}
