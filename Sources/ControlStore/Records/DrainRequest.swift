package import Scheduling

/// A worker that an operator wants to leave.
package struct DrainRequest: Sendable, Equatable {
    package var incarnation: Incarnation
    /// What is left of its time; zero when it is over.
    package var remaining: Duration
}

/// Which workers `godwit drain` means.
package enum DrainSelection: Sendable, Equatable {
    case named([WorkerName])
    /// Every worker of the run on a host.
    case host(String)
    /// Every worker of the run.
    case all
}
