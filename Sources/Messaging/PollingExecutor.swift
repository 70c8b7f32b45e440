internal import CZeroMQ
internal import Glibc
internal import Synchronization

/// Runs the jobs of its actors on one thread of its own, which between jobs waits in `zmq_poll` for their sockets.
///
/// libzmq's sockets belong to one thread. With this executor the compiler proves that they stay there: they are
/// isolated state of an actor, and whatever touches them is a job. The thread lives as long as there are actors.
package final class PollingExecutor: SerialExecutor {
    private let state = Mutex(State())
    private let wake: Wake

    package init() throws(MessagingError) {
        self.wake = try Wake()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isAsleep = self.state.withLock { state in
            state.jobs.append(job)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if isAsleep { self.wake.signal() }
    }

    package func checkIsolated() {
        precondition(self.isOnThread, "A socket's actor was used off its thread.")
    }

    package func isIsolatingCurrentContext() -> Bool? {
        self.isOnThread
    }

    /// Announces an actor, before its first job; the first one starts the thread.
    func attach() throws(MessagingError) {
        try self.state.withLock { (state) throws(MessagingError) in
            if !state.isRunning {
                state.thread = try self.startThread()
                state.isRunning = true
            }
            state.residents += 1
        }
    }

    /// Takes an actor's leave, in its last job; with the last one the thread ends.
    func detach() {
        self.state.withLock { $0.residents -= 1 }
    }

    /// Calls `onReadable` on the thread whenever the socket has something to read.
    ///
    /// The socket must stay open until it has been removed.
    func watch(_ socket: UInt, onReadable: @escaping @Sendable () -> Void) {
        let isAsleep = self.state.withLock { state in
            state.sources.append(Source(socket: socket, onReadable: onReadable))
            state.generation += 1
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if isAsleep { self.wake.signal() }
    }

    /// Ends the watch; only from a job, since otherwise the thread may be polling the socket right now.
    func unwatch(_ socket: UInt) {
        self.checkIsolated()
        self.state.withLock { state in
            state.sources.removeAll { $0.socket == socket }
            state.generation += 1
        }
    }

    private var isOnThread: Bool {
        self.state.withLock { $0.isRunning && $0.thread == pthread_self() }
    }

    private func startThread() throws(MessagingError) -> pthread_t {
        var thread = pthread_t()
        let this = Unmanaged.passRetained(self)
        let result = pthread_create(&thread, nil, pollingThread, this.toOpaque())
        guard result == 0 else {
            this.release()
            throw MessagingError(number: result, attempting: "starting the thread of a socket")
        }
        pthread_detach(thread)
        return thread
    }
}

extension PollingExecutor {
    /// The thread: jobs, then readable sockets, in turn, so that neither starves the other.
    fileprivate func run() {
        var poller = Poller(wake: self.wake.descriptor)
        var jobs: [UnownedJob] = []
        while true {
            self.state.withLock { state in
                swap(&jobs, &state.jobs)
                state.isAsleep = false
            }
            for job in jobs {
                job.runSynchronously(on: self.asUnownedSerialExecutor())
            }
            jobs.removeAll(keepingCapacity: true)
            // Only now: the jobs may have closed sockets.
            let next = self.state.withLock { $0.prepare(&poller) }
            if next == .end { return }
            poller.poll(mayWait: next == .wait)
            if poller.wasWoken { self.wake.reset() }
            poller.callReadable(unlessChangedSince: { self.state.withLock { $0.generation } })
        }
    }

    struct Source {
        var socket: UInt
        var onReadable: @Sendable () -> Void
    }

    fileprivate enum Next {
        case look
        case wait
        case end
    }

    fileprivate struct State {
        var jobs: [UnownedJob] = []
        var sources: [Source] = []
        /// Counts changes of `sources`.
        var generation = 0
        /// Whether the thread waits, or is about to, and needs a signal.
        var isAsleep = false
        var isRunning = false
        var residents = 0
        var thread = pthread_t()

        mutating func prepare(_ poller: inout Poller) -> Next {
            poller.update(sources: self.sources, generation: self.generation)
            guard self.jobs.isEmpty else { return .look }
            guard self.residents > 0 else {
                self.isRunning = false
                return .end
            }
            self.isAsleep = true
            return .wait
        }
    }
}

private func pollingThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { preconditionFailure("The thread is started with its executor.") }
    Unmanaged<PollingExecutor>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
