import ControlProtocol
import Glibc
import Scheduling
import Synchronization

/// Cumulative counters of a worker process, added to by its slots and read by its event loop.
final class WorkerProgress: Sendable {
    private let state = Mutex(State())

    /// Adds what a running shard has read.
    func addRead(lease: LeaseID, rows: Int, bytes: Int) {
        self.state.withLock { state in
            state.counters.rowsRead += rows
            state.counters.bytesRead += bytes
            state.shards[lease, default: ShardProgress()].rows += rows
            state.shards[lease, default: ShardProgress()].bytes += bytes
        }
    }

    /// Adds a batch that was written.
    func addBatch(migrated: Int, rejected: Int, bytesWritten: Int) {
        self.state.withLock { state in
            state.counters.rowsMigrated += migrated
            state.counters.rowsRejected += rejected
            state.counters.bytesWritten += bytesWritten
            state.counters.batches += 1
        }
    }

    /// A running shard begins again; what it read before stays in the process's counters, because it was read.
    func startOver(lease: LeaseID) {
        self.state.withLock { $0.shards[lease] = nil }
    }

    /// Notes the end of an attempt.
    func finish(lease: LeaseID, _ ending: Ending, clock: StageClock) {
        self.state.withLock { state in
            state.shards[lease] = nil
            switch ending {
            case .done: state.counters.shardsDone += 1
            case .failed: state.counters.shardsFailed += 1
            case .givenBack: break
            }
            state.counters.readSeconds += clock.read / .seconds(1)
            state.counters.transformSeconds += clock.transform / .seconds(1)
            state.counters.writeSeconds += clock.write / .seconds(1)
            state.counters.commitSeconds += clock.commit / .seconds(1)
        }
    }

    /// Notes how large the next batch of a slot is.
    func noteBatchSize(_ bytes: Int, slot: Int) {
        self.state.withLock { $0.batchSizes[slot] = bytes }
    }

    func addLookups(hits: Int, misses: Int) {
        self.state.withLock { state in
            state.counters.lookupHits += hits
            state.counters.lookupMisses += misses
        }
    }

    /// The counters, with the process's peak memory and the size of its smallest batches.
    func counters() -> WorkerCounters {
        var counters = self.state.withLock { state in
            var counters = state.counters
            counters.batchBytes = state.batchSizes.values.min() ?? 0
            return counters
        }
        counters.memoryBytes = Self.peakMemory()
        return counters
    }

    func progress(of lease: LeaseID) -> (rows: Int, bytes: Int) {
        self.state.withLock { state in
            let progress = state.shards[lease, default: ShardProgress()]
            return (progress.rows, progress.bytes)
        }
    }

    /// Peak resident memory of this process, bytes; Linux counts `ru_maxrss` in KiB.
    private static func peakMemory() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    /// How an attempt ended.
    enum Ending: Sendable {
        case done
        case failed
        /// The worker was told to stop.
        case givenBack
    }

    private struct State {
        var counters = WorkerCounters()
        var shards: [LeaseID: ShardProgress] = [:]
        /// By slot.
        var batchSizes: [Int: Int] = [:]
    }

    private struct ShardProgress {
        var rows = 0
        var bytes = 0
    }
}
