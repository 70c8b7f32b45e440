internal import Synchronization

/// Messages between the socket's thread and their consumer, bounded in number and bytes: the oldest makes room.
final class Inbox: Sendable {
    private let state: Mutex<State>

    init(limits: MessageLimits) {
        self.state = Mutex(State(limits: limits))
    }

    /// Messages dropped so far.
    var dropped: Int { self.state.withLock { $0.dropped } }

    /// The side of the consumer, of whom there is one at a time.
    func stream() -> AsyncStream<IncomingFrames> {
        AsyncStream(unfolding: { await self.next() }, onCancel: { self.finish() })
    }

    func append(_ message: IncomingFrames) {
        let waiter = self.state.withLock { $0.append(message) }
        waiter?.resume(returning: message)
    }

    /// Lets the consumer read what is there, and then end.
    func finish() {
        let waiter = self.state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    private func next() async -> IncomingFrames? {
        await withCheckedContinuation { continuation in
            let (message, isReady) = self.state.withLock { $0.take(otherwise: continuation) }
            if isReady { continuation.resume(returning: message) }
        }
    }
}

extension Inbox {
    private typealias Waiter = CheckedContinuation<IncomingFrames?, Never>

    private struct State {
        let limits: MessageLimits
        var messages: [IncomingFrames] = []
        /// Messages before it have been taken; they are removed in bulk.
        var first = 0
        var byteCount = 0
        var dropped = 0
        var isFinished = false
        var waiter: Waiter?

        init(limits: MessageLimits) {
            self.limits = limits
        }

        var count: Int { self.messages.count - self.first }

        /// The waiter to hand it to; nil when it was queued.
        mutating func append(_ message: IncomingFrames) -> Waiter? {
            if let waiter = self.waiter {
                self.waiter = nil
                return waiter
            }
            if self.isFinished { return nil }
            self.messages.append(message)
            self.byteCount += message.byteCount
            while self.count > self.limits.queuedMessages
                || (self.byteCount > self.limits.queuedBytes && self.count > 1)
            {
                _ = self.removeFirst()
                self.dropped += 1
            }
            return nil
        }

        mutating func take(otherwise waiter: Waiter) -> (message: IncomingFrames?, isReady: Bool) {
            if self.count > 0 { return (self.removeFirst(), true) }
            if self.isFinished { return (nil, true) }
            precondition(self.waiter == nil, "Only one task reads an endpoint's messages.")
            self.waiter = waiter
            return (nil, false)
        }

        private mutating func removeFirst() -> IncomingFrames {
            let message = self.messages[self.first]
            self.messages[self.first].frames = []
            self.byteCount -= message.byteCount
            self.first += 1
            if self.first >= 1_024, self.first * 2 >= self.messages.count {
                self.messages.removeFirst(self.first)
                self.first = 0
            }
            return message
        }
    }
}
