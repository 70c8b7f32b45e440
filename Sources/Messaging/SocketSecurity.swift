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

extension SocketSecurity {
    /// A worker's side, with its own pair and the coordinator's public key.
    package static func curveClient(_ own: CurveKeyPair, server: CurveKey) -> Self {
        .curveClient(server: server, public: own.publicKey, secret: own.secretKey)
    }

    /// Whether nobody is checked and nothing encrypted.
    var isPlaintext: Bool {
        if case .none = self { true } else { false }
    }

    func refusePlaintext(at endpoint: Endpoint, attempting action: String) throws(MessagingError) {
        guard self.isPlaintext, !endpoint.isLoopback else { return }
        throw MessagingError(
            .insecure,
            "\(action) \(endpoint) without keys is refused: messages would be neither encrypted nor authenticated"
        )
    }
}
