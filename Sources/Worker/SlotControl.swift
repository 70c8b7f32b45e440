import Postgres
import Synchronization

/// The handle by which the event loop stops what a slot is doing, from another thread.
final class SlotControl: Sendable {
    private let state = Mutex(State())

    /// Whether the current attempt has been told to stop.
    var isCancelled: Bool { self.state.withLock { $0.isCancelled } }

    /// A new attempt begins.
    func begin() {
        self.state.withLock { $0.isCancelled = false }
    }

    /// Names the sessions to cancel.
    func watch(_ cancellers: [Canceller]) {
        self.state.withLock { $0.cancellers = cancellers }
    }

    /// Stops the attempt: its statements are cancelled in both databases and no further batch begins.
    ///
    /// Blocks for a round trip to each server.
    func cancel() {
        let cancellers = self.state.withLock { state in
            state.isCancelled = true
            return state.cancellers
        }
        for canceller in cancellers { _ = canceller.cancel() }
    }

    private struct State {
        var isCancelled = false
        var cancellers: [Canceller] = []
    }
}
