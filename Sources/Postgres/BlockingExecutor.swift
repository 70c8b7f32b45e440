import Dispatch

/// Runs an actor on a thread of its own, so that blocking calls hold up nobody else.
///
/// libpq blocks, and the cooperative pool has only as many threads as there are cores.
package final class BlockingExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// Names the thread for debuggers.
    package init(label: String) {
        self.queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
