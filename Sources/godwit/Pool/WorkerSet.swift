import Foundation
import Glibc
import Synchronization

/// The local workers: started, let begin, replaced when they die, told to leave.
///
/// Starting a process takes a while, so they are started beside the coordinator; what they may do before it leads is
/// nothing, or they would join whoever else leads, and have to be sent away again by one that finds fault with the plan.
final class WorkerSet: Sendable {
    private let arguments: [String]
    private let output: ChildOutput
    private let starter = Starter()
    private let state = Mutex(State())

    init(arguments: [String], output: ChildOutput) {
        self.arguments = arguments
        self.output = output
    }

    /// Starts one more worker, unless they have been told to leave.
    func start() throws {
        guard !self.state.withLock(\.isLeaving) else { return }
        let child = try ChildProcess(
            arguments: self.arguments + [WorkerCommand.startedByPool],
            input: self.starter.input,
            output: self.output
        )
        let watching = Task {
            let status = await child.exitStatus()
            self.ended(child, status: status)
        }
        let (isLeaving, mayBegin) = self.state.withLock { state in
            state.add(child, watching)
            return (state.isLeaving, state.mayBegin)
        }
        if mayBegin { self.starter.begin(1) }
        if isLeaving { child.signal(SIGTERM) }
    }

    /// Lets them begin, because there is a coordinator for them; those that are started later as well.
    func begin() {
        let count = self.state.withLock { state in
            state.mayBegin = true
            return state.children.count
        }
        self.starter.begin(count)
    }

    /// Sends a signal to leave; from now on none is started.
    func leave(_ signal: Int32 = SIGTERM) {
        let children = self.state.withLock { state in
            state.isReplacing = false
            state.isLeaving = true
            return state.children
        }
        self.starter.close()
        for child in children { child.signal(signal) }
    }

    /// Longest time that a worker told to leave has: it rolls its shards back after 10 s, and takes a moment for it.
    ///
    /// Below that a worker loses what it might have finished; above, a stopped one only keeps its command waiting.
    private static let patience = Duration.seconds(15)

    /// Has every worker leave, unless they have been told to.
    func dismiss() async {
        // A second TERM would have them roll back what they are about to finish.
        if !self.state.withLock(\.isLeaving) { self.leave() }
        await self.waitOrEnd()
    }

    /// Waits until every worker has ended; those that are still there after a while are ended.
    ///
    /// What such a one held comes back when its leases expire; once the run is completed that is nothing.
    func waitOrEnd() async {
        let ending = Task {
            // A cancelled sleep: all have left.
            guard (try? await Task.sleep(for: Self.patience)) != nil else { return }
            for child in self.state.withLock(\.children) {
                self.output.line("godwit: worker process \(child.pid) does not leave; ending it")
                child.signal(SIGKILL)
            }
        }
        await self.wait()
        ending.cancel()
    }

    /// Waits until every worker has ended.
    private func wait() async {
        var ended = 0
        while let watching = self.state.withLock({ $0.watching.dropFirst(ended).first }) {
            await watching.value
            ended += 1
        }
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
        var mayBegin = false
        var isReplacing = true
        var isLeaving = false

        mutating func add(_ child: ChildProcess, _ watching: Task<Void, Never>) {
            self.children.append(child)
            self.watching.append(watching)
        }
    }
}
