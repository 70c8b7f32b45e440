/// Decides which clients of a context's CURVE servers are let in: a handler of ZeroMQ's authentication protocol.
///
/// https://rfc.zeromq.org/spec/27: libzmq asks it at every handshake, before anything of the client is seen. It must be
/// there before a server binds; where it is gone, nobody gets in, because the servers enforce their domain. What a
/// decision has let in stays connected: who is locked out later has to be ignored by name.
package actor ZAPHandler {
    /// Whether the holder of a public key may connect; called on the socket's thread, so it must not wait.
    package typealias Decision = @Sendable (CurveKey) -> Bool

    private nonisolated let executor: PollingExecutor
    private let domain: [UInt8]
    private let decide: Decision
    private var socket: Socket?

    /// Takes its place in the context at once, on a thread of its own unless it is given another endpoint's executor.
    package init(
        domain: String,
        in context: MessagingContext,
        executor: PollingExecutor? = nil,
        decide: @escaping Decision
    ) throws(MessagingError) {
        let executor = if let executor { executor } else { try PollingExecutor() }
        // A request has at most 8 frames besides the asker's: the credentials of other mechanisms than CURVE.
        let limits = MessageLimits(frames: 16, messageBytes: 4_096)
        let socket = try Socket(.router, in: context, limits: limits)
        try socket.setLinger(.zero)
        try socket.bindAuthenticator()
        let address = socket.pollAddress
        try executor.attach()
        self.executor = executor
        self.domain = Array(domain.utf8)
        self.decide = decide
        self.socket = consume socket
        executor.watch(address) { [weak self] in
            self?.assumeIsolated { $0.drain() }
        }
    }

    isolated deinit {
        self.close()
        self.executor.detach()
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        self.executor.asUnownedSerialExecutor()
    }

    /// Lets nobody in from now on.
    package func close() {
        guard let socket = self.socket.take() else { return }
        self.executor.unwatch(socket.pollAddress)
    }

    private func drain() {
        for _ in 0..<messagesPerTurn {
            switch self.socket?.receive() ?? .nothing {
            case .nothing:
                return
            case .oversized:
                continue
            case .message(let frames):
                guard let request = ZAPRequest(frames.frames) else { continue }
                _ = self.socket?.send(request.reply(to: self.key(of: request)))
            }
        }
    }

    /// The key that lets the asker in, nil where none does.
    private func key(of request: ZAPRequest) -> CurveKey? {
        guard request.domain == self.domain, let key = request.key, self.decide(key) else { return nil }
        return key
    }
}
