import Catalog
import ControlProtocol
import ControlStore
import Messaging
import Scheduling

/// What the worker's event loop waits for.
enum WorkerEvent: Sendable {
    case received(IncomingFrames)
    case tick
    case ended(slot: Int, Assignment, Attempt)
    case renewed(asked: [LeaseID], kept: Set<LeaseID>, sent: ContinuousClock.Instant)
    case snapshotHeld(String?, imported: String, number: Int)
    /// The corrected plan that a LEASE asks for, nil where it can't be read.
    case revised(Lease, RunID, RevisedPlan?)
    case drainAsked(DrainRequest)
    /// Where the coordinator is, nil while nobody can say.
    case located(Result<Endpoint?, WorkerError>, isKeyMissing: Bool)
    /// The run of a WELCOME, nil while the control schema can't be reached.
    case joined(Welcome, Result<RunContext?, WorkerError>)
    /// TERM.
    case terminated
    /// INT.
    case interrupted
}

extension WorkerEvent {
    /// A corrected plan and which version it is.
    struct RevisedPlan: Sendable {
        var plan: ResolvedPlan
        var revision: Int
    }

    /// How an attempt ended.
    enum Attempt: Sendable {
        case done(ShardTotals)
        case failed(AttemptFailure)
    }

    struct ShardTotals: Sendable {
        var source: Int
        var migrated: Int
        var rejected: Int
        var filtered: Int
        var seconds: Double
    }
}
