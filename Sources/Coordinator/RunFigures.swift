import ControlProtocol
import Scheduling

/// Throughput of the pool, from the cumulative counters that the workers' pings carry.
struct RunFigures {
    var unreadableMessages = 0
    var unsentMessages = 0
    private var latest: [Incarnation: WorkerCounters] = [:]
    /// (time, rows read by everybody so far), oldest first, over the rate's window.
    private var history: [(at: ContinuousClock.Instant, rows: Int)] = []

    /// Rates are averaged over this much time: shorter jumps with every batch, longer hides a standstill.
    private static let window = Duration.seconds(15)

    mutating func saw(_ worker: Incarnation, _ counters: WorkerCounters, at now: ContinuousClock.Instant) {
        self.latest[worker] = counters
        self.history.append((now, self.total(\.rowsRead)))
        self.history.removeAll { now - $0.at > Self.window }
    }

    /// Source rows per second over the last seconds.
    func rowsPerSecond(now: ContinuousClock.Instant) -> Double {
        guard let first = self.history.first, let last = self.history.last, now > first.at else { return 0 }
        return Double(last.rows - first.rows) / ((now - first.at) / .seconds(1))
    }

    func total(_ counter: KeyPath<WorkerCounters, Int>) -> Int {
        self.latest.values.reduce(0) { $0 + $1[keyPath: counter] }
    }

    func seconds(_ counter: KeyPath<WorkerCounters, Double>) -> Double {
        self.latest.values.reduce(0) { $0 + $1[keyPath: counter] }
    }
}
