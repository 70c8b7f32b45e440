/// What became of a message handed to a socket; `sent` means queued, never received.
package enum SendOutcome: Sendable, Equatable {
    /// Queued for the peer; it may still be lost without a word.
    case sent
    /// No such peer is connected, or the endpoint is closed.
    case unreachable
    /// The peer's queue is full.
    case full
}
