package import Scheduling

/// WELCOME: the answer to HELLO.
package struct Welcome: MessageBody {
    /// The version to talk from now on.
    package var protocolVersion: UInt8
    package var timers: Timers
    package var run: RunID
    /// The source's snapshot to import; nil when the run has none.
    package var snapshot: String?
    /// Its number in the run; a holder of a lower one imports anew.
    package var snapshotNumber: Int?

    package init(
        protocolVersion: UInt8,
        timers: Timers,
        run: RunID,
        snapshot: String? = nil,
        snapshotNumber: Int? = nil
    ) {
        self.protocolVersion = protocolVersion
        self.timers = timers
        self.run = run
        self.snapshot = snapshot
        self.snapshotNumber = snapshotNumber
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.snapshot, "snapshot")
        try Limits.check(amounts: self.snapshotNumber ?? 0, field: "snapshotNumber")
        try Limits.check(
            seconds: self.timers.pingSeconds,
            self.timers.leaseSeconds,
            self.timers.renewSeconds,
            self.timers.selfFenceSeconds,
            self.timers.silenceSeconds,
            field: "timers"
        )
    }
}
