import Glibc
import Synchronization

/// The local coordinator: started again when it is killed, because its workers hold the snapshot and wait for it.
final class KeptCoordinator: Sendable {
    private let arguments: [String]
    private let output: ChildOutput
    private let state = Mutex(State())

    /// Kills in one command after which something is wrong with the machine rather than with one process.
    private static let restarts = 10

    init(arguments: [String], output: ChildOutput) {
        self.arguments = arguments
        self.output = output
    }

    /// Starts it and waits until it has left by itself.
    ///
    /// - Returns: Its exit status; 128 + n when signal n killed it once too often.
    /// - Throws: What keeps it from starting.
    func run() async throws -> Int32 {
        for restart in 0..<Self.restarts {
            // Where the run is paused, only one that stands by stays with it.
            let arguments = self.arguments + (restart > 0 ? ["--standby"] : [])
            let child = try ChildProcess(arguments: arguments, output: self.output)
            let isLeaving = self.state.withLock { state in
                state.child = child
                return state.isLeaving
            }
            if isLeaving { child.signal(SIGTERM) }
            let status = await child.exitStatus()
            guard status > 128, !self.state.withLock(\.isLeaving) else { return status }
            self.output.line("godwit: the coordinator was killed (signal \(status - 128)); starting it again")
        }
        return 128
    }

    /// The process id of the one that is up, nil before the first.
    var pid: Int32? { self.state.withLock { $0.child?.pid } }

    /// Sends a signal to leave; from now on it is not started again.
    func leave(_ signal: Int32 = SIGTERM) {
        let child = self.state.withLock { state in
            state.isLeaving = true
            return state.child
        }
        child?.signal(signal)
    }

    private struct State {
        var child: ChildProcess?
        var isLeaving = false
    }
}
