internal import CZeroMQ

/// Watches how the handshakes of a DEALER end: libzmq says it nowhere else.
///
/// Diagnostics only, nothing depends on it. The monitored socket must stop being monitored before this is closed, or
/// libzmq's I/O thread waits for a reader for ever.
struct HandshakeMonitor: ~Copyable {
    private let socket: Socket

    /// Begins to watch a socket.
    init(of monitored: borrowing Socket, in context: MessagingContext) throws(MessagingError) {
        let address = "inproc://handshakes-\(monitored.pollAddress)"
        try monitored.beginMonitoring(at: address)
        let socket = try Socket(.pair, in: context, limits: MessageLimits())
        try socket.setLinger(.zero)
        try socket.connectMonitor(to: address)
        self.socket = socket
    }

    var pollAddress: UInt { self.socket.pollAddress }

    /// How the next handshake ended; nil when there is no more to tell.
    func next() -> HandshakeOutcome? {
        while case .message(let message) = self.socket.receive() {
            // The number of the event and its value, in the machine's byte order.
            guard let event = message.frames.first, event.count == 6 else { continue }
            switch Int32(event[0]) | Int32(event[1]) << 8 {
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .succeeded
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .refused
            case ZMQ_EVENT_DISCONNECTED: return .disconnected
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return .failed
            default: continue
            }
        }
        return nil
    }
}
