import Messaging

/// Carries messages from the socket's inbox, which is bounded, to the loop's mailbox, which is not.
///
/// No more are under way than the loop may fall behind: a peer that sends faster than the loop works fills the inbox,
/// where the oldest are dropped, and not the memory.
struct Intake: Sendable {
    private let permits: AsyncStream<Void>
    private let permit: AsyncStream<Void>.Continuation

    /// - Parameter width: Messages that the loop has not handled; safe from 1, above some hundreds ticks come late.
    init(width: Int = 64) {
        (self.permits, self.permit) = AsyncStream.makeStream()
        for _ in 0..<width { self.permit.yield() }
    }

    /// Hands messages over until there are no more, or the task is cancelled.
    func carry(_ incoming: AsyncStream<IncomingFrames>, to deliver: (IncomingFrames) -> Void) async {
        var permits = self.permits.makeAsyncIterator()
        var messages = incoming.makeAsyncIterator()
        while await permits.next() != nil, let message = await messages.next() { deliver(message) }
    }

    /// The loop has handled one.
    func handled() {
        self.permit.yield()
    }
}
