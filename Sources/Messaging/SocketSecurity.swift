/// How a socket proves who it is and whom it lets in.
package enum SocketSecurity: Sendable {
    /// Nobody is checked and nothing is encrypted: loopback only.
    case none
    /// The coordinator's side. A ZAP handler of that domain decides on each client's public key; without a handler
    /// nobody is let in, because the domain is enforced. An empty domain would skip the handler and is refused.
    case curveServer(secret: CurveKey, domain: String)
    /// A worker's side: its own pair, and the public key it expects of the coordinator.
    case curveClient(server: CurveKey, public: CurveKey, secret: CurveKey)
}
