/// The coordinator's end of the wire: it binds, and its peers are many.
package actor RouterEndpoint {
    /// Where it is bound, with the actual port.
    package nonisolated let boundEndpoint: Endpoint
    /// What came in, from any peer, for one consumer; the oldest is dropped when it lags, and `close()` ends it.
    package nonisolated let incoming: AsyncStream<IncomingFrames>
    private nonisolated let executor: PollingExecutor
    private let inbox: Inbox
    private var socket: Socket?
    private var tally = EndpointCounters()

    /// Binds at once, on a thread of its own unless it is given another endpoint's executor.
    ///
    /// Without security only to loopback. With it a ``ZAPHandler`` must be in the same context already.
    package init(
        binding endpoint: Endpoint,
        security: SocketSecurity = .none,
        timings: SocketTimings = SocketTimings(),
        limits: MessageLimits = MessageLimits(),
        context: MessagingContext? = nil,
        executor: PollingExecutor? = nil
    ) throws(MessagingError) {
        try security.refusePlaintext(at: endpoint, attempting: "binding")
        let context = if let context { context } else { try MessagingContext() }
        let executor = if let executor { executor } else { try PollingExecutor() }
        let socket = try Socket.router(in: context, timings: timings, limits: limits, security: security)
        if endpoint.isIPv6Literal { try socket.enableIPv6() }
        try socket.bind(to: endpoint)
        let address = socket.pollAddress
        let inbox = Inbox(limits: limits)
        self.boundEndpoint = try socket.boundEndpoint()
        try executor.attach()
        self.executor = executor
        self.inbox = inbox
        self.incoming = inbox.stream()
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

    /// What it has done so far.
    package var counters: EndpointCounters {
        var counters = self.tally
        counters.dropped = self.inbox.dropped
        return counters
    }

    /// Queues a message for a peer; never waits.
    package func send(_ frames: [[UInt8]], to peer: PeerID) -> SendOutcome {
        let outcome = self.socket?.send([peer.rawValue] + frames) ?? .unreachable
        self.tally.count(outcome)
        return outcome
    }

    /// Queues messages in order; never waits.
    ///
    /// - Returns: How many could not be queued.
    package func send(_ messages: [OutgoingFrames]) -> Int {
        messages.count { self.send($0.frames, to: $0.peer) != .sent }
    }

    /// Closes the socket, frees the port and ends `incoming`; what was queued is lost.
    package func close() {
        guard let socket = self.socket.take() else { return }
        self.executor.unwatch(socket.pollAddress)
        self.inbox.finish()
    }

    private func drain() {
        for _ in 0..<messagesPerTurn {
            switch self.socket?.receive() ?? .nothing {
            case .nothing:
                return
            case .oversized:
                self.tally.oversized += 1
            case .message(let message):
                guard let peer = message.frames.first else { continue }
                self.tally.received += 1
                self.inbox.append(
                    IncomingFrames(
                        peer: PeerID(rawValue: peer),
                        frames: Array(message.frames.dropFirst()),
                        // Set by our handler alone, so it is a key; anything else is nobody's.
                        key: message.user.flatMap { try? CurveKey($0) }
                    )
                )
            }
        }
    }
}
