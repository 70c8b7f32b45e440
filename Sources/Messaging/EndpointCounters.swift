/// What an endpoint has done since it was made; the numbers only grow.
package struct EndpointCounters: Equatable, Sendable {
    package var received = 0
    package var sent = 0
    /// Messages thrown away because the consumer of `incoming` lagged behind.
    package var dropped = 0
    /// Messages thrown away because they had too many frames or bytes.
    package var oversized = 0
    /// Sends to a peer that is not connected.
    package var unreachable = 0
    /// Sends refused because the peer's queue was full.
    package var full = 0

    package init(
        received: Int = 0,
        sent: Int = 0,
        dropped: Int = 0,
        oversized: Int = 0,
        unreachable: Int = 0,
        full: Int = 0
    ) {
        self.received = received
        self.sent = sent
        self.dropped = dropped
        self.oversized = oversized
        self.unreachable = unreachable
        self.full = full
    }
}

extension EndpointCounters {
    mutating func count(_ outcome: SendOutcome) {
        switch outcome {
        case .sent: self.sent += 1
        case .unreachable: self.unreachable += 1
        case .full: self.full += 1
        }
    }
}

/// Messages read before jobs get their turn: enough to spread the cost of a poll, few enough that a send waits less
/// than a millisecond.
let messagesPerTurn = 256
