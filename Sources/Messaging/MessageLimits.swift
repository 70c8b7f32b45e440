/// Bounds on what a peer can make this process hold.
package struct MessageLimits: Sendable {
    /// Frames of one message, the routing id not counted; the protocol uses 3.
    package var frames: Int
    /// Bytes of one message; libzmq drops the connection of a peer that sends a single larger frame.
    package var messageBytes: Int
    /// Messages that wait for the consumer; beyond it the oldest is dropped.
    ///
    /// 2,000 workers send 1,000 a second.
    package var queuedMessages: Int
    /// Bytes that wait for the consumer; at least `messageBytes`, or nothing large ever arrives.
    package var queuedBytes: Int

    package init(
        frames: Int = 4,
        messageBytes: Int = 1 << 20,
        queuedMessages: Int = 16_384,
        queuedBytes: Int = 32 << 20
    ) {
        self.frames = frames
        self.messageBytes = messageBytes
        self.queuedMessages = queuedMessages
        self.queuedBytes = queuedBytes
    }
}
