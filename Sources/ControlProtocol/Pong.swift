/// PONG: the answer to PING; its absence makes a worker connect anew.
package struct Pong: MessageBody {
    /// The sequence number of that PING.
    package var echo: UInt64
    /// The source's snapshot as the coordinator knows it; nil when the run has none.
    package var snapshot: String?

    package init(echo: UInt64, snapshot: String? = nil) {
        self.echo = echo
        self.snapshot = snapshot
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.snapshot, "snapshot")
    }
}
