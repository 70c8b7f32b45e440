import ControlStore

/// Why nothing is granted, and whether this process wanted it so.
struct RunPause {
    /// The reason as the operator reads it; nil while shards are granted.
    private(set) var reason: String?
    private var isOwn = false

    /// The reason for which this process leaves once nothing is in flight, so that a script hears of it; nil where an
    /// operator paused the run or resumed it meanwhile.
    var ownReason: String? { self.isOwn ? self.reason : nil }

    /// This process pauses the run.
    mutating func begin(_ reason: String) {
        self.reason = reason
        self.isOwn = true
    }

    /// Takes over what the control schema says.
    mutating func follow(_ status: RunStatus, reason: String?) {
        switch status {
        case .paused:
            self.reason = reason ?? "paused by an operator"
        case .running, .completed, .failed, .cancelled:
            self.reason = nil
            self.isOwn = false
        }
    }
}
