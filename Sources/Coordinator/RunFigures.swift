import ControlProtocol
import Scheduling

/// Throughput of the pool, from the cumulative counters that the workers' pings carry.
struct RunFigures {
    var unreadableMessages = 0
    var unsentMessages = 0
    /// The longest time that the loop was busy with one event.
    var longestTurn = Duration.zero
    /// Messages dropped because they were not their sender's to send.
    var foreignMessages = 0
    /// Who sent them, as far as it was logged.
    var foreignSenders: Set<Incarnation> = []
    /// Keys that were refused and noted as an event.
    var refusedKeys = 0
    private var latest: [Incarnation: WorkerCounters] = [:]
    /// Rows read since the coordinator's first look at their reader, at the times of the pings of the rate's window.
    private var history: [(at: ContinuousClock.Instant, rows: Double)] = []
    /// Not a whole number: counters that go up and down, as no honest worker's do, must not add up to a trap.
    private var rowsSeen = 0.0

    /// Rates are averaged over this much time: shorter jumps with every batch, longer hides a standstill.
    private static let window = Duration.seconds(15)

    /// Pings within this much time share an entry: a thousand come in a second of a large pool.
    private static let resolution = Duration.milliseconds(100)

    mutating func saw(_ worker: Incarnation, _ counters: WorkerCounters, at now: ContinuousClock.Instant) {
        // What a worker read before this coordinator knew it happened at some other time.
        if let before = self.latest.updateValue(counters, forKey: worker) {
            self.rowsSeen += Double(max(0, counters.rowsRead - before.rowsRead))
        }
        if let last = self.history.last, now - last.at < Self.resolution {
            self.history[self.history.count - 1].rows = self.rowsSeen
        } else {
            self.history.append((now, self.rowsSeen))
        }
        let expired = self.history.prefix { now - $0.at > Self.window }.count
        if expired > 0 { self.history.removeFirst(expired) }
    }

    /// Source rows per second over the last seconds.
    func rowsPerSecond(now: ContinuousClock.Instant) -> Double {
        guard let first = self.history.first, let last = self.history.last, now > first.at, now - last.at <= Self.window
        else {
            return 0
        }
        return (last.rows - first.rows) / ((now - first.at) / .seconds(1))
    }

    func total(_ counter: KeyPath<WorkerCounters, Int>) -> Int {
        self.latest.values.reduce(0) { sum, counters in
            let (next, isOver) = sum.addingReportingOverflow(counters[keyPath: counter])
            return isOver ? .max : next
        }
    }

    func seconds(_ counter: KeyPath<WorkerCounters, Double>) -> Double {
        self.latest.values.reduce(0) { $0 + $1[keyPath: counter] }
    }
}
