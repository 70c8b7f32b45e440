import Glibc
import Synchronization

/// How a local pool leaves when it is told to.
final class PoolDeparture: Sendable {
    private let coordinator: KeptCoordinator
    private let workers: WorkerSet
    private let signals = Mutex(0)

    init(coordinator: KeptCoordinator, workers: WorkerSet) {
        self.coordinator = coordinator
        self.workers = workers
    }

    /// Passes a signal on: first the workers finish, then they roll back; QUIT ends everything.
    func obey(_ signal: Int32) {
        if signal == SIGQUIT {
            self.workers.leave(SIGQUIT)
            self.coordinator.leave(SIGQUIT)
            Signals.leaveAtOnce()
        }
        let count = self.signals.withLock { count in
            count += 1
            return count
        }
        self.workers.leave(count == 1 ? SIGTERM : SIGINT)
        guard count == 1 else { return }
        // The coordinator goes last: while it is there, workers are acknowledged and need not wait for the deadline.
        // Nobody awaits the task: a signal's handler must return for the next signal, and the pool's own wait for the
        // coordinator's end outlasts it.
        Task {
            await self.workers.waitOrEnd()
            self.coordinator.leave()
        }
    }
}
