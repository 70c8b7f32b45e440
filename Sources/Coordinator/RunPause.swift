import ControlStore

/// Why nothing is granted, and whether this process wanted it so.
struct RunPause {
    /// The reason as the operator reads it; nil while shards are granted.
    private(set) var reason: String?
    /// For which this process paused the run; nil where an operator paused the run or resumed it meanwhile.
    private(set) var ownCause: PauseCause?
    /// Nothing is in flight any more, and what there is to know has been said.
    var isSettled = false

    /// This process pauses the run.
    mutating func begin(_ cause: PauseCause, _ reason: String) {
        self.reason = reason
        self.ownCause = cause
        self.isSettled = false
    }

    /// Takes over what the control schema says.
    mutating func follow(_ status: RunStatus, _ cause: PauseCause?, reason: String?) {
        switch status {
        case .paused:
            self.reason = reason ?? "paused by an operator"
            // Resumed, and paused again by somebody else.
            if cause != self.ownCause { self.ownCause = nil }
        case .running, .completed, .failed, .cancelled:
            self.reason = nil
            self.ownCause = nil
        }
    }
}
