internal import CZeroMQ
internal import Glibc

/// One libzmq socket, closed with its owner.
///
/// Not thread-safe, and not `Sendable`: it is made by an endpoint, whose executor's thread is the only one to use it.
/// No call blocks.
struct Socket: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    private let context: MessagingContext
    private let limits: MessageLimits

    init(_ kind: Kind, in context: MessagingContext, limits: MessageLimits) throws(MessagingError) {
        let address = try context.makeSocket(type: kind.rawValue)
        guard let handle = UnsafeMutableRawPointer(bitPattern: address) else {
            preconditionFailure("zmq_socket does not return a null pointer without an error.")
        }
        self.handle = handle
        self.context = context
        self.limits = limits
    }

    deinit {
        zmq_close(self.handle)
    }

    /// What identifies it to `zmq_poll`; valid until the socket is closed.
    var pollAddress: UInt { UInt(bitPattern: self.handle) }

    func bind(to endpoint: Endpoint) throws(MessagingError) {
        guard zmq_bind(self.handle, endpoint.bindAddress) == 0 else { throw .last(attempting: "binding \(endpoint)") }
    }

    /// Takes the place where libzmq looks for whoever decides about clients.
    func bindAuthenticator() throws(MessagingError) {
        guard zmq_bind(self.handle, "inproc://zeromq.zap.01") == 0 else {
            throw .last(attempting: "taking the place of the authentication handler")
        }
    }

    /// Has the outcomes of handshakes sent to an address within the process.
    func beginMonitoring(at address: String) throws(MessagingError) {
        let events =
            ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_DISCONNECTED
        guard zmq_socket_monitor(self.handle, address, events) == 0 else {
            throw .last(attempting: "watching a socket's handshakes")
        }
    }

    func endMonitoring() {
        zmq_socket_monitor(self.handle, nil, 0)
    }

    func connectMonitor(to address: String) throws(MessagingError) {
        guard zmq_connect(self.handle, address) == 0 else { throw .last(attempting: "watching a socket's handshakes") }
    }

    func connect(to endpoint: Endpoint) throws(MessagingError) {
        guard zmq_connect(self.handle, endpoint.description) == 0 else {
            throw .last(attempting: "connecting to \(endpoint)")
        }
    }

    /// The address it is bound to, with the port the system chose.
    func boundEndpoint() throws(MessagingError) -> Endpoint {
        var text = [UInt8](repeating: 0, count: 512)
        var length = text.count
        guard zmq_getsockopt(self.handle, ZMQ_LAST_ENDPOINT, &text, &length) == 0 else {
            throw .last(attempting: "reading the bound address")
        }
        return try Endpoint(String(decoding: text.prefix(max(length - 1, 0)), as: UTF8.self))
    }

    func set(_ option: Int32, _ value: Int32) throws(MessagingError) {
        var value = value
        guard zmq_setsockopt(self.handle, option, &value, MemoryLayout<Int32>.size) == 0 else {
            throw .last(attempting: "setting socket option \(option)")
        }
    }

    /// Of one frame, in bytes; the option alone takes 64 bits.
    func setMaximumFrameSize(_ size: Int64) throws(MessagingError) {
        var size = size
        guard zmq_setsockopt(self.handle, ZMQ_MAXMSGSIZE, &size, MemoryLayout<Int64>.size) == 0 else {
            throw .last(attempting: "limiting the size of messages")
        }
    }

    func set(_ option: Int32, _ bytes: [UInt8]) throws(MessagingError) {
        guard zmq_setsockopt(self.handle, option, bytes, bytes.count) == 0 else {
            throw .last(attempting: "setting socket option \(option)")
        }
    }

    /// Queues the frames as one message.
    ///
    /// When the first frame is taken all others are passed too, whatever becomes of them: libzmq then drops the rest
    /// of a message whose peer has gone, and the next message begins clean.
    func send(_ frames: [[UInt8]]) -> SendOutcome {
        var outcome = SendOutcome.sent
        for (index, frame) in frames.enumerated() {
            let isLast = index == frames.count - 1
            let result = self.sendFrame(frame, flags: ZMQ_DONTWAIT | (isLast ? 0 : ZMQ_SNDMORE))
            guard result != .sent else { continue }
            outcome = result
            if index == 0 { break }
        }
        return outcome
    }

    /// The next message, or why there is none.
    func receive() -> Received {
        var frames: [[UInt8]] = []
        var key: String?
        var byteCount = 0
        var isTooLarge = false
        while true {
            guard let (frame, hasMore, user) = self.receiveFrame(unless: isTooLarge) else { return .nothing }
            key = key ?? user
            byteCount += frame.count
            // The routing id of a ROUTER is one frame more.
            isTooLarge = isTooLarge || byteCount > self.limits.messageBytes || frames.count > self.limits.frames
            if isTooLarge { frames = [] } else { frames.append(frame) }
            if !hasMore { return isTooLarge ? .oversized : .message(Message(frames: frames, user: key)) }
        }
    }

    private func sendFrame(_ frame: [UInt8], flags: Int32) -> SendOutcome {
        while zmq_send(self.handle, frame, frame.count, flags) < 0 {
            switch zmq_errno() {
            case EINTR: continue
            case EAGAIN: return .full
            default: return .unreachable
            }
        }
        return .sent
    }

    private func receiveFrame(unless isDiscarded: Bool) -> (frame: [UInt8], hasMore: Bool, user: String?)? {
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        defer { zmq_msg_close(&message) }
        while zmq_msg_recv(&message, self.handle, ZMQ_DONTWAIT) < 0 {
            // Beyond EINTR and EAGAIN there is only a context that ended, and this socket keeps it alive.
            guard zmq_errno() == EINTR else { return nil }
        }
        let hasMore = zmq_msg_more(&message) != 0
        guard !isDiscarded, let data = zmq_msg_data(&message) else { return ([], hasMore, nil) }
        // Bytes and property are copied before the deferred close frees them.
        let user = zmq_msg_gets(&message, "User-Id").map { String(cString: $0) }
        return (Array(UnsafeRawBufferPointer(start: data, count: zmq_msg_size(&message))), hasMore, user)
    }
}

extension Socket {
    enum Kind {
        case router
        case dealer
        case pair

        var rawValue: Int32 {
            switch self {
            case .router: ZMQ_ROUTER
            case .dealer: ZMQ_DEALER
            case .pair: ZMQ_PAIR
            }
        }
    }

    struct Message {
        var frames: [[UInt8]]
        /// As whom the authentication handler let the sender's connection in; nil where there is none.
        var user: String?
    }

    enum Received {
        case message(Message)
        case oversized
        case nothing
    }
}
