package import Messaging

/// Who a worker is, and which coordinator it trusts.
package struct WorkerKeys: Sendable {
    /// The name of its key.
    package var name: String
    package var own: CurveKeyPair
    /// The coordinator's public key, from a file: one from the network would prove nothing.
    package var coordinator: CurveKey

    package init(name: String, own: CurveKeyPair, coordinator: CurveKey) {
        self.name = name
        self.own = own
        self.coordinator = coordinator
    }

    var security: SocketSecurity { .curveClient(self.own, server: self.coordinator) }
}
