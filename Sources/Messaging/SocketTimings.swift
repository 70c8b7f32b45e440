/// How often a socket looks whether its peer is there, and how it comes back.
package struct SocketTimings: Sendable {
    /// Between two heartbeats of ZMTP, which notice dead hosts and cut cables; a hung process still answers them.
    package var heartbeatInterval: Duration
    /// Silence after which the connection is given up: several intervals, or a busy machine loses its connections.
    package var heartbeatTimeout: Duration
    /// First pause before connecting again; libzmq adds up to as much again by chance, so that a herd spreads.
    package var reconnectInterval: Duration
    /// The pause doubles up to this.
    package var reconnectMaximum: Duration
    /// How long a DEALER that closes tries to deliver what is queued.
    package var linger: Duration

    package init(
        heartbeatInterval: Duration = .seconds(2),
        heartbeatTimeout: Duration = .seconds(10),
        reconnectInterval: Duration = .milliseconds(500),
        reconnectMaximum: Duration = .seconds(8),
        linger: Duration = .seconds(1)
    ) {
        self.heartbeatInterval = heartbeatInterval
        self.heartbeatTimeout = heartbeatTimeout
        self.reconnectInterval = reconnectInterval
        self.reconnectMaximum = reconnectMaximum
        self.linger = linger
    }
}
