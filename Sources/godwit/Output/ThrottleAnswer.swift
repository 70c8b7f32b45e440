import Coordinator
import Scheduling

/// What `godwit throttle --json` prints.
struct ThrottleAnswer: Encodable {
    var run: RunRow
    var limits: Limits
    /// nil while no coordinator works on the run, or has not gone by these limits yet.
    var standing: ThrottleFigures.Standing?
    var reason: String?
}

extension ThrottleAnswer {
    /// The limits as plain numbers; those there are not are left out.
    struct Limits: Encodable, Equatable {
        var rowsPerSecond: Int?
        var bytesPerSecond: Int?
        var sourceSessions: Int?
        var targetSessions: Int?
        var replicationLagBytes: Int?
        var replicationLagSeconds: Double?
        var walBytesPerSecond: Int?

        init(_ limits: ThrottleLimits) {
            self.rowsPerSecond = limits.rowsPerSecond
            self.bytesPerSecond = limits.bytesPerSecond
            self.sourceSessions = limits.sourceSessions
            self.targetSessions = limits.targetSessions
            switch limits.replicationLag {
            case nil: break
            case .bytes(let bytes): self.replicationLagBytes = bytes
            case .seconds(let seconds): self.replicationLagSeconds = seconds
            }
            self.walBytesPerSecond = limits.walBytesPerSecond
        }
    }
}
