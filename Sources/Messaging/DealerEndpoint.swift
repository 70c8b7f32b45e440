/// A worker's end of the wire: it connects to one coordinator, and comes back by itself when the connection breaks.
package actor DealerEndpoint {
    /// Under which the coordinator's ROUTER knows it; the same for its whole life.
    package nonisolated let identity: PeerID
    /// What came in, for one consumer; the oldest is dropped when it lags, and `close()` ends it.
    package nonisolated let incoming: AsyncStream<IncomingFrames>
    private nonisolated let executor: PollingExecutor
    private let endpoint: Endpoint
    private let security: SocketSecurity
    private let timings: SocketTimings
    private let limits: MessageLimits
    private let inbox: Inbox
    private var context: MessagingContext?
    private var socket: Socket?
    private var monitor: HandshakeMonitor?
    private var tally = EndpointCounters()

    /// Begins to connect, on a thread of its own unless it is given another endpoint's executor; messages sent before
    /// it is connected are queued.
    package init(
        connecting endpoint: Endpoint,
        security: SocketSecurity = .none,
        timings: SocketTimings = SocketTimings(),
        limits: MessageLimits = MessageLimits(),
        context: MessagingContext? = nil,
        executor: PollingExecutor? = nil
    ) throws(MessagingError) {
        try security.refusePlaintext(at: endpoint, attempting: "connecting to")
        let context = if let context { context } else { try MessagingContext() }
        let executor = if let executor { executor } else { try PollingExecutor() }
        let identity = PeerID.random()
        let line = try Line(
            from: identity,
            to: endpoint,
            security: security,
            timings: timings,
            limits: limits,
            context: context
        )
        let inbox = Inbox(limits: limits)
        try executor.attach()
        self.identity = identity
        self.executor = executor
        self.endpoint = endpoint
        self.security = security
        self.timings = timings
        self.limits = limits
        self.context = context
        self.inbox = inbox
        self.incoming = inbox.stream()
        self.isConnecting = !security.isPlaintext
        let address = line.socket.pollAddress
        self.socket = consume line.socket
        self.monitor = line.monitor
        let monitorAddress = self.monitor?.pollAddress
        self.watch(address, monitorAddress)
    }

    isolated deinit {
        self.close()
        self.executor.detach()
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        self.executor.asUnownedSerialExecutor()
    }

    /// How the last handshake ended; nil before the first, and without keys.
    package private(set) var lastHandshake: HandshakeOutcome?

    /// How many handshakes have succeeded so far; none without keys.
    package private(set) var handshakes = 0

    /// Whether libzmq is about to connect by itself, as far as the handshakes tell; never without keys.
    ///
    /// A new socket would only begin again, and what is sent meanwhile arrives late and all at once: of a thousand
    /// workers that come back together, those would undo each other's handshakes for good.
    package private(set) var isConnecting = false

    /// What it has done so far.
    package var counters: EndpointCounters {
        var counters = self.tally
        counters.dropped = self.inbox.dropped
        return counters
    }

    /// Queues a message for the coordinator; never waits.
    package func send(_ frames: [[UInt8]]) -> SendOutcome {
        let outcome = self.socket?.send(frames) ?? .unreachable
        self.tally.count(outcome)
        return outcome
    }

    /// Throws the connection away, with what is queued, and begins a new one, which resolves the name again.
    ///
    /// For silence that libzmq takes for a working connection. After `close()` it does nothing.
    package func reconnect() throws(MessagingError) {
        guard let context = self.context else { return }
        try self.socket?.setLinger(.zero)
        self.closeSocket()
        self.isConnecting = !self.security.isPlaintext
        let line = try Line(
            from: self.identity,
            to: self.endpoint,
            security: self.security,
            timings: self.timings,
            limits: self.limits,
            context: context
        )
        let address = line.socket.pollAddress
        self.socket = consume line.socket
        self.monitor = line.monitor
        let monitorAddress = self.monitor?.pollAddress
        self.watch(address, monitorAddress)
    }

    private nonisolated func watch(_ socket: UInt, _ monitor: UInt?) {
        self.executor.watch(socket) { [weak self] in
            self?.assumeIsolated { $0.drain() }
        }
        guard let monitor else { return }
        self.executor.watch(monitor) { [weak self] in
            self?.assumeIsolated { $0.noteHandshakes() }
        }
    }

    /// Closes the socket and ends `incoming`; returns when what was queued has left, at the latest after the linger,
    /// unless the context is shared.
    package func close() {
        self.inbox.finish()
        self.closeSocket()
        self.context = nil
    }

    private func closeSocket() {
        guard let socket = self.socket.take() else { return }
        if let monitor = self.monitor.take() {
            // In this order, or the I/O thread waits for a reader of the monitor for ever.
            socket.endMonitoring()
            self.executor.unwatch(monitor.pollAddress)
        }
        self.executor.unwatch(socket.pollAddress)
    }

    private func noteHandshakes() {
        while let outcome = self.monitor?.next() {
            switch outcome {
            case .succeeded:
                self.lastHandshake = outcome
                self.isConnecting = false
                self.handshakes += 1
            case .refused:
                self.lastHandshake = outcome
                // libzmq does not try again after this.
                self.isConnecting = false
            case .failed:
                self.lastHandshake = outcome
                self.isConnecting = true
            case .disconnected:
                // It follows a refusal as well, and says less.
                if self.lastHandshake != .succeeded { continue }
                self.lastHandshake = outcome
                self.isConnecting = true
            }
        }
    }

    private func drain() {
        for _ in 0..<messagesPerTurn {
            switch self.socket?.receive() ?? .nothing {
            case .nothing:
                return
            case .oversized:
                self.tally.oversized += 1
            case .message(let message):
                self.tally.received += 1
                self.inbox.append(IncomingFrames(peer: PeerID(rawValue: []), frames: message.frames))
            }
        }
    }
}

extension DealerEndpoint {
    /// A socket that begins to connect, with a monitor of its handshakes where there are keys.
    private struct Line: ~Copyable {
        let socket: Socket
        let monitor: HandshakeMonitor?

        init(
            from identity: PeerID,
            to endpoint: Endpoint,
            security: SocketSecurity,
            timings: SocketTimings,
            limits: MessageLimits,
            context: MessagingContext
        ) throws(MessagingError) {
            let socket = try Socket.dealer(
                identity: identity,
                in: context,
                timings: timings,
                limits: limits,
                security: security
            )
            if endpoint.isIPv6Literal { try socket.enableIPv6() }
            let monitor: HandshakeMonitor? =
                if security.isPlaintext { nil } else { try HandshakeMonitor(of: socket, in: context) }
            try socket.connect(to: endpoint)
            self.socket = consume socket
            self.monitor = consume monitor
        }
    }
}
