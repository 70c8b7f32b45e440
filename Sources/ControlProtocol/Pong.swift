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

    package init(echo: UInt64, snapshot: String? = nil, snapshotNumber: Int? = nil, pace: Pace? = nil) {
        self.echo = echo
        self.snapshot = snapshot
        self.snapshotNumber = snapshotNumber
        self.pace = pace
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.snapshot, "snapshot")
        try Limits.check(amounts: self.snapshotNumber ?? 0, field: "snapshotNumber")
        guard let pace = self.pace else { return }
        try Limits.check(
            rates: pace.rowsPerSecond ?? 0,
            pace.bytesPerSecond ?? 0,
            field: "pace"
        )
        try Limits.check(seconds: pace.seconds, field: "pace")
    }
}
