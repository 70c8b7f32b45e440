import Foundation

/// All workers, and when each was granted something.
actor Herd {
    private let workers: [HerdWorker]
    private var grants: [ContinuousClock.Instant] = []
    private var waiter: CheckedContinuation<Void, Never>?
    private let granted: AsyncStream<ContinuousClock.Instant>

    init(_ workers: [HerdWorker], granted: AsyncStream<ContinuousClock.Instant>) {
        self.workers = workers
        self.granted = granted
    }

    /// Lets all of them run, each in a task of its own until the process ends.
    func start() {
        for worker in self.workers { Task { await worker.run() } }
        Task {
            for await instant in self.granted { self.note(instant) }
        }
    }

    /// Waits until everybody has been granted something since they last forgot.
    ///
    /// - Returns: Seconds from the start until the last and until the one in the middle.
    func allGranted(since start: ContinuousClock.Instant) async -> (last: String, half: String) {
        if self.grants.count < self.workers.count {
            await withCheckedContinuation { self.waiter = $0 }
        }
        let seconds = self.grants.sorted().map { ($0 - start) / .seconds(1) }
        return (Self.text(seconds.last ?? 0), Self.text(seconds[seconds.count / 2]))
    }

    /// Has everybody come back with empty hands.
    func forgetLeases() async {
        self.grants = []
        for worker in self.workers { await worker.forgetLeases() }
    }

    private func note(_ instant: ContinuousClock.Instant) {
        self.grants.append(instant)
        guard self.grants.count >= self.workers.count else { return }
        self.waiter?.resume()
        self.waiter = nil
    }

    private static func text(_ seconds: Double) -> String {
        String(format: "%.1f", seconds)
    }
}
