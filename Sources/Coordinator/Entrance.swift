import Messaging

/// Where workers reach a leader, and who of them is let in.
struct Entrance: Sendable {
    var router: RouterEndpoint
    /// What workers are told of where it listens.
    var address: String
    /// Nil where there are no keys, on loopback.
    var gate: KeyGate?
    var keyBook: KeyBook
}
