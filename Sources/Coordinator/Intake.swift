import Messaging
import Synchronization

/// Carries messages from the socket's inbox, which is bounded, to the loop, which takes all that have come at once.
///
/// No more wait than the loop may fall behind: a peer that sends faster than the loop works fills the inbox, where the
/// oldest are dropped, and not the memory.
final class Intake: Sendable {
    private let permits: AsyncStream<Void>
    private let permit: AsyncStream<Void>.Continuation
    private let waiting = Mutex<[IncomingFrames]>([])

    /// - Parameter width: Messages that the loop has not taken, and so those of one turn; safe from 1, above some hundreds a
    ///   turn takes longer than 0.1 s.
    init(width: Int = 96) {
        (self.permits, self.permit) = AsyncStream.makeStream()
        for _ in 0..<width { self.permit.yield() }
    }

    /// Takes messages in until there are no more, or the task is cancelled; says so whenever the first of some has come.
    func carry(_ incoming: AsyncStream<IncomingFrames>, signal: () -> Void) async {
        var permits = self.permits.makeAsyncIterator()
        var messages = incoming.makeAsyncIterator()
        while await permits.next() != nil, let message = await messages.next() {
            let isFirst = self.waiting.withLock { waiting in
                waiting.append(message)
                return waiting.count == 1
            }
            if isFirst { signal() }
        }
    }

    /// What has come since the last call; as many may come after them.
    func take() -> [IncomingFrames] {
        let messages = self.waiting.withLock { waiting in
            defer { waiting.removeAll() }
            return waiting
        }
        for _ in messages { self.permit.yield() }
        return messages
    }
}
