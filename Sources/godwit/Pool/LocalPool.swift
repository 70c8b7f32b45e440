import ControlStore
import Foundation
import Glibc

/// A coordinator and workers as child processes of this one.
final class LocalPool: Sendable {
    private let coordinatorArguments: [String]
    private let workerArguments: [String]
    private let workerCount: Int

    init(coordinator: [String], worker: [String], workers: Int) {
        self.coordinatorArguments = coordinator
        self.workerArguments = worker
        self.workerCount = workers
    }

    /// Runs until the coordinator has left.
    ///
    /// A coordinator that is killed is started again, a worker that dies is replaced while the coordinator lives; its shards come back when their leases expire.
    ///
    /// - Returns: The coordinator's exit status as a failure, nil for 0.
    /// - Throws: What keeps a child from starting.
    func run(watch: ProgressWatch, store: ControlStore) async throws -> CommandFailure? {
        let output = ChildOutput(watch: watch)
        let coordinator = KeptCoordinator(arguments: self.coordinatorArguments, output: output)
        let workers = WorkerSet(arguments: self.workerArguments, output: output)
        let departure = PoolDeparture(coordinator: coordinator, workers: workers)
        let signals = Signals { departure.obey($0) }
        let watching = Task { await watch.run() }
        let starting = Task {
            do {
                for _ in 0..<self.workerCount { try workers.start() }
            } catch {
                // Those that could be started have work all the same.
                output.line("godwit: a worker can't be started: \(error)")
            }
            if await Self.waitForLeadership(of: coordinator, store) { workers.begin() }
        }
        let status = try await coordinator.run()
        starting.cancel()
        await starting.value
        // Also after a run's end: a worker that the coordinator did not know, or that is stopped, was not dismissed.
        await workers.dismiss()
        watching.cancel()
        await watching.value
        await output.finish()
        withExtendedLifetime(signals) {}
        return status == 0 ? nil : ExitStatusOfChild(status).failure
    }
}

extension LocalPool {
    /// The control schema is looked at in this time, by two queries of half a millisecond; safe from some milliseconds to
    /// a second.
    private static let leadershipInterval = Duration.milliseconds(20)

    /// Waits until the coordinator leads.
    ///
    /// - Returns: False where the task was cancelled before.
    private static func waitForLeadership(of coordinator: KeptCoordinator, _ store: ControlStore) async -> Bool {
        while !Task.isCancelled {
            // Before the control schema is there, or while the target is away, nobody leads.
            if let pid = coordinator.pid, (try? await store.isLed(byHost: Machine.hostName, pid: pid)) == true {
                return true
            }
            // A cancelled sleep ends the loop.
            try? await Task.sleep(for: Self.leadershipInterval)
        }
        return false
    }
}

/// A coordinator's exit status, passed on; it has said itself what happened, unless it was killed.
struct ExitStatusOfChild {
    let failure: CommandFailure

    init(_ status: Int32) {
        if let known = ExitStatus(rawValue: status) {
            self.failure = CommandFailure(known, "")
        } else {
            self.failure = CommandFailure(
                .failed,
                """
                the coordinator was killed (status \(status)); nothing is lost: start the same command again to resume
                """
            )
        }
    }
}
