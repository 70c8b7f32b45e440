import Dispatch
import Postgres
import Synchronization

/// Cancels again and again until told to stop: no test can know when a statement has really started.
final class RepeatedCancel: Sendable {
    private let isStopped = Atomic<Bool>(false)
    private let finished = DispatchGroup()

    init(_ canceller: Canceller) {
        DispatchQueue.global()
            .async(group: self.finished) {
                while !self.isStopped.load(ordering: .acquiring) { canceller.cancel() }
            }
    }

    /// Waits until no further request can reach the server.
    func stop() {
        self.isStopped.store(true, ordering: .releasing)
        self.finished.wait()
    }
}
