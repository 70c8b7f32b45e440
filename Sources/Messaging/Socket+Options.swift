internal import CZeroMQ

extension Socket {
    /// The coordinator's socket, not yet bound.
    static func router(
        in context: MessagingContext,
        timings: SocketTimings,
        limits: MessageLimits,
        security: SocketSecurity
    ) throws(MessagingError) -> Socket {
        let socket = try Socket(.router, in: context, limits: limits)
        // An unknown or full peer is an answer instead of a silent loss.
        try socket.set(ZMQ_ROUTER_MANDATORY, 1)
        // Without it a peer that comes back after a cut cable is ignored for good.
        try socket.set(ZMQ_ROUTER_HANDOVER, 1)
        try socket.set(ZMQ_LINGER, 0)
        // A whole pool connects at once after a restart; the kernel caps it at net.core.somaxconn.
        try socket.set(ZMQ_BACKLOG, 4096)
        try socket.setCommon(timings: timings, limits: limits, security: security)
        return socket
    }

    /// A worker's socket, not yet connected.
    static func dealer(
        identity: PeerID,
        in context: MessagingContext,
        timings: SocketTimings,
        limits: MessageLimits,
        security: SocketSecurity
    ) throws(MessagingError) -> Socket {
        let socket = try Socket(.dealer, in: context, limits: limits)
        try socket.set(ZMQ_ROUTING_ID, identity.rawValue)
        try socket.setLinger(timings.linger)
        try socket.set(ZMQ_RECONNECT_IVL, timings.reconnectInterval.milliseconds)
        try socket.set(ZMQ_RECONNECT_IVL_MAX, timings.reconnectMaximum.milliseconds)
        // The kernel would try for two minutes to reach a host that is gone, without resolving its name again.
        try socket.set(ZMQ_CONNECT_TIMEOUT, 5_000)
        try socket.setCommon(timings: timings, limits: limits, security: security)
        return socket
    }

    /// Only for endpoints that are IPv6 addresses; with it a machine without IPv6 could not bind to every interface.
    func enableIPv6() throws(MessagingError) {
        try self.set(ZMQ_IPV6, 1)
    }

    /// How long what is queued survives the socket.
    func setLinger(_ linger: Duration) throws(MessagingError) {
        try self.set(ZMQ_LINGER, linger.milliseconds)
    }

    private func setCommon(
        timings: SocketTimings,
        limits: MessageLimits,
        security: SocketSecurity
    ) throws(MessagingError) {
        // Messages per peer. Everything is sent again when it matters, so a long queue holds only old news.
        try self.set(ZMQ_SNDHWM, 100)
        try self.set(ZMQ_RCVHWM, 100)
        try self.setMaximumFrameSize(Int64(limits.messageBytes))
        try self.set(ZMQ_HEARTBEAT_IVL, timings.heartbeatInterval.milliseconds)
        try self.set(ZMQ_HEARTBEAT_TIMEOUT, timings.heartbeatTimeout.milliseconds)
        try self.set(security)
    }

    private func set(_ security: SocketSecurity) throws(MessagingError) {
        switch security {
        case .none:
            return
        case .curveServer(let secret, let domain):
            guard !domain.isEmpty else {
                throw MessagingError(.invalidKey, "CURVE needs a ZAP domain: without one every key would be accepted")
            }
            try self.set(ZMQ_CURVE_SERVER, 1)
            try self.set(ZMQ_CURVE_SECRETKEY, Array(secret.text.utf8))
            try self.set(ZMQ_ZAP_DOMAIN, Array(domain.utf8))
            try self.set(GODWIT_ZMQ_ZAP_ENFORCE_DOMAIN, 1)
        case .curveClient(let server, let publicKey, let secret):
            try self.set(ZMQ_CURVE_SERVERKEY, Array(server.text.utf8))
            try self.set(ZMQ_CURVE_PUBLICKEY, Array(publicKey.text.utf8))
            try self.set(ZMQ_CURVE_SECRETKEY, Array(secret.text.utf8))
        }
    }
}

extension Duration {
    /// Whole milliseconds, as libzmq wants them; clamped.
    var milliseconds: Int32 {
        Int32(clamping: self.components.seconds * 1_000 + self.components.attoseconds / 1_000_000_000_000_000)
    }
}
