import Synchronization

/// The handle by which the event loop stops what a slot is doing, from another thread.
final class SlotControl: Sendable {
    private let state = Mutex(State())

    /// Whether the current attempt has been told to stop.
    var isCancelled: Bool { self.state.withLock { $0.isCancelled } }

    /// A new attempt begins.
    func begin() {
        self.state.withLock {
            $0.isCancelled = false
            $0.isAtWork = true
            $0.partsAsked = nil
        }
    }

    /// The attempt is over.
    func end() {
        self.state.withLock { $0.isAtWork = false }
    }

    /// Whether an attempt that was told to stop has not ended yet.
    var isStopping: Bool { self.state.withLock { $0.isCancelled && $0.isAtWork } }

    /// Notes that a cancellation is to be sent.
    ///
    /// - Returns: Whether none waits to be sent already, behind a server that takes its time.
    func queueCancel() -> Bool {
        self.state.withLock { state in
            defer { state.isCancelQueued = true }
            return !state.isCancelQueued
        }
    }

    /// The cancellation is being sent.
    func takeCancel() {
        self.state.withLock { $0.isCancelQueued = false }
    }

    /// Says how to cancel the statements of each session.
    func watch(_ cancels: [@Sendable () -> Void]) {
        self.state.withLock { $0.cancels = cancels }
    }

    /// Tells the attempt to stop: no further batch begins.
    func stop() {
        self.state.withLock { $0.isCancelled = true }
    }

    /// Asks the attempt to leave the rest of its shard to others, as so many shards; it looks between two batches.
    func askToYield(parts: Int) {
        self.state.withLock { $0.partsAsked = parts }
    }

    /// Shards that the coordinator would like to be made of the rest; nil where it hasn't asked.
    var partsAsked: Int? { self.state.withLock(\.partsAsked) }

    /// Cancels the statements of a stopped attempt in both databases; does nothing once another has begun.
    ///
    /// Blocks for a round trip to each server.
    func cancelStatements() {
        let cancels = self.state.withLock { state -> [@Sendable () -> Void] in
            state.isSending = state.isCancelled
            return state.isCancelled ? state.cancels : []
        }
        for cancel in cancels where self.isCancelled { cancel() }
        self.state.withLock { $0.isSending = false }
    }

    /// Whether a cancellation is on its way, which a server may apply to whatever the session does next.
    var isSending: Bool { self.state.withLock(\.isSending) }

    private struct State {
        var isCancelled = false
        var isAtWork = false
        var isCancelQueued = false
        var isSending = false
        var partsAsked: Int?
        var cancels: [@Sendable () -> Void] = []
    }
}
