/// How a handshake with a coordinator ended, or what came after.
package enum HandshakeOutcome: Sendable, Equatable {
    case succeeded
    /// The coordinator does not let this key in.
    case refused
    /// The other side has another key, none, or wants one, or is no coordinator at all.
    case failed
    /// The connection is gone since.
    case disconnected
}
