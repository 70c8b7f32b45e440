import Foundation
import Glibc
import Synchronization

/// The local workers: started, replaced when they die, told to leave.
final class WorkerSet: Sendable {
    private let arguments: [String]
    private let output: ChildOutput
    private let state = Mutex(State())

    init(arguments: [String], output: ChildOutput) {
        self.arguments = arguments
        self.output = output
    }

    /// Starts one more worker, unless they have been told to leave.
    func start() throws {
        guard !self.state.withLock(\.isLeaving) else { return }
        let child = try ChildProcess(arguments: self.arguments, output: self.output)
        let watching = Task {
            let status = await child.exitStatus()
            self.ended(child, status: status)
        }
        let isLeaving = self.state.withLock { state in
            state.add(child, watching)
            return state.isLeaving
        }
        if isLeaving { child.signal(SIGTERM) }
    }

    /// From now on a worker that ends is not replaced.
    func stopReplacing() {
        self.state.withLock { $0.isReplacing = false }
    }

    /// Sends a signal to leave; from now on none is started.
    ///
    /// - Returns: Those that are to leave.
    @discardableResult
    func leave(_ signal: Int32 = SIGTERM) -> [ChildProcess] {
        let children = self.state.withLock { state in
            state.isReplacing = false
            state.isLeaving = true
            return state.children
        }
        for child in children { child.signal(signal) }
        return children
    }

    /// Waits until every worker has ended.
    func wait() async {
        while let watching = self.state.withLock({ $0.watching.popLast() }) { await watching.value }
    }

    private func ended(_ child: ChildProcess, status: Int32) {
        let isReplacing = self.state.withLock { state in
            state.children.removeAll { $0 === child }
            return state.isReplacing
        }
        // A worker that left by itself was refused or dismissed; only a killed one is replaced.
        guard isReplacing, status > 128 else { return }
        do {
            try self.start()
        } catch {
            self.output.line("godwit: a worker was killed and can't be replaced: \(error)")
        }
    }

    private struct State {
        var children: [ChildProcess] = []
        var watching: [Task<Void, Never>] = []
        var isReplacing = true
        var isLeaving = false

        mutating func add(_ child: ChildProcess, _ watching: Task<Void, Never>) {
            self.children.append(child)
            self.watching.append(watching)
        }
    }
}
