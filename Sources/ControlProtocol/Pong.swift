/// PONG: the answer to PING; its absence makes a worker connect anew.
package struct Pong: MessageBody {
    /// The sequence number of that PING.
    package var echo: UInt64
    /// The source's snapshot as the coordinator knows it; nil when the run has none.
    package var snapshot: String?
    /// Its number in the run; a holder of a lower one imports anew.
    package var snapshotNumber: Int?

    package init(echo: UInt64, snapshot: String? = nil, snapshotNumber: Int? = nil) {
        self.echo = echo
        self.snapshot = snapshot
        self.snapshotNumber = snapshotNumber
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.snapshot, "snapshot")
        try Limits.check(amounts: self.snapshotNumber ?? 0, field: "snapshotNumber")
    }
}
