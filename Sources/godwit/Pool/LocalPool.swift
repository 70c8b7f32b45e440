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
    func run(watch: ProgressWatch) async throws -> CommandFailure? {
        let output = ChildOutput(watch: watch)
        let coordinator = KeptCoordinator(arguments: self.coordinatorArguments, output: output)
        let workers = WorkerSet(arguments: self.workerArguments, output: output)
        let signals = Signals {
            // The children get the signal too when it comes from a terminal; from elsewhere they get it here.
            workers.terminate()
            coordinator.terminate()
        }
        for _ in 0..<self.workerCount { try workers.start() }
        let watching = Task { await watch.run() }
        let status = try await coordinator.run()
        workers.stopReplacing()
        if status != 0 { workers.terminate() }
        await workers.wait()
        watching.cancel()
        await watching.value
        await output.finish()
        withExtendedLifetime(signals) {}
        return status == 0 ? nil : ExitStatusOfChild(status).failure
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
