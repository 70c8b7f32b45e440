import ControlStore
import Logging
import Observability
import Scheduling
import Synchronization

/// Says at regular intervals that the leader lives, over a session of its own: the one that holds the lock may be busy
/// with one statement for minutes.
final class LeadershipKeeper: Sendable {
    private let store: ControlStore
    private let logger: Logger
    private let term: Mutex<Term?>

    init(store: ControlStore, term: Term, logger: Logger) {
        self.store = store
        self.term = Mutex(term)
        self.logger = logger
    }

    /// Between two renewals: a third of the silence after which a standby takes over, so that one may get lost.
    private static let interval = Duration.seconds(5)

    /// Renews the term that was begun last; nil renews nothing.
    func follow(_ term: Term?) {
        self.term.withLock { $0 = term }
    }

    /// The sums of a run, and the rejects that wait for a parent; nil where they can't be read, which the leading session
    /// notices by itself.
    func status(of run: RunID) async -> StatusReport? {
        do throws(ControlStoreError) {
            return try await self.store.status(of: run, counting: .parentPending)
        } catch {
            self.logger.debug("the run's sums can't be read", metadata: .of([.error: "\(error)"]))
            return nil
        }
    }

    /// What a run is judged by when it is over.
    func conclusion(of run: RunID) async throws(ControlStoreError) -> RunLeader.ConclusionReading {
        try await RunLeader.ConclusionReading(of: run, in: self.store)
    }

    /// Renews until it is cancelled.
    func run() async {
        // A cancelled sleep ends the loop.
        while (try? await Task.sleep(for: Self.interval)) != nil {
            guard let term = self.term.withLock({ $0 }) else { continue }
            do throws(ControlStoreError) {
                guard try await !self.store.renewLeadership(term) else { continue }
                self.logger.debug("the term is over", metadata: .of([.term: term]))
            } catch {
                // The leading session notices by itself, and waits.
                self.logger.debug("the leadership can't be renewed", metadata: .of([.error: "\(error)"]))
            }
        }
        await self.store.close()
    }
}
