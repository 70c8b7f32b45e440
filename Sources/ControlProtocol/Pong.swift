package import Scheduling

/// PONG: the answer to PING; its absence makes a worker connect anew.
package struct Pong: MessageBody {
    /// The sequence number of that PING.
    package var echo: UInt64
    /// The source's snapshot as the coordinator knows it; nil when the run has none.
    package var snapshot: String?
    /// Its number in the run; a holder of a lower one imports anew.
    package var snapshotNumber: Int?
    /// What the worker may read from now on; nil where the run is not throttled.
    package var pace: Pace?
    /// Running shards whose rest others have time for; nil for none.
    ///
    /// Said with every answer until the worker has followed, or the request is dropped.
    package var yields: [YieldRequest]?

    package init(
        echo: UInt64,
        snapshot: String? = nil,
        snapshotNumber: Int? = nil,
        pace: Pace? = nil,
        yields: [YieldRequest]? = nil
    ) {
        self.echo = echo
        self.snapshot = snapshot
        self.snapshotNumber = snapshotNumber
        self.pace = pace
        self.yields = yields
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.snapshot, "snapshot")
        try Limits.check(amounts: self.snapshotNumber ?? 0, field: "snapshotNumber")
        try Limits.check(count: self.yields?.count ?? 0, "yields")
        for request in self.yields ?? [] {
            guard (1...Limits.parts).contains(request.parts) else {
                throw ProtocolError(.invalidValue, "parts is not a number of shards")
            }
        }
        guard let pace = self.pace else { return }
        try Limits.check(
            rates: pace.rowsPerSecond ?? 0,
            pace.bytesPerSecond ?? 0,
            field: "pace"
        )
        try Limits.check(seconds: pace.seconds, field: "pace")
    }
}

/// A wish that a worker stops in the middle of a shard, commits what it has, and leaves the rest to others.
package struct YieldRequest: Codable, Equatable, Sendable {
    package var lease: LeaseID
    /// Shards to make of the rest.
    package var parts: Int

    package init(lease: LeaseID, parts: Int) {
        self.lease = lease
        self.parts = parts
    }
}
