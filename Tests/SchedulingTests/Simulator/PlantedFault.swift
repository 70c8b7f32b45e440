/// A fault put into the simulated pool, to show that it would be found.
enum PlantedFault: CaseIterable {
    /// A commit does not ask for its lease.
    case unfencedCommit
    /// A write of a coordinator does not ask for its term.
    case staleTerm
    /// Children do not wait for their parents.
    case forgottenParents
    /// The coordinator makes no replays of rows that waited for a parent.
    case forgottenReplays
    /// What is under way again after a failure is not among the ranges whose rows may still come.
    case forgottenRetries
    /// A renewal brings back a lease that had been taken away.
    case lateRenewal
    /// A coordinator that takes over does not read the failed shards.
    case forgottenFailures
    /// A worker goes on with the snapshot that it has when another is offered.
    case olderSnapshot
    /// A cancelled run keeps its leases.
    case forgottenCancel
    /// A coordinator that takes over does not read what is off for the load.
    case forgottenStructures
    /// The coordinator does not look for what a worker made of the rest of a shard.
    case forgottenRest
    /// A worker that leaves the rest of a shard to others commits it as well.
    case keptRest

    /// What the simulator has to say of it.
    var complaint: String {
        switch self {
        case .unfencedCommit: "was committed twice"
        case .staleTerm: "was granted by a stale term"
        case .forgottenParents: "had settled"
        case .forgottenReplays: "waits for a parent that has come"
        case .forgottenRetries: "was called an orphan"
        case .lateRenewal: "was renewed after its end"
        case .forgottenFailures: "is not done"
        case .olderSnapshot: "is mixed"
        case .forgottenRest: "is not done"
        case .keptRest: "was written twice"
        case .forgottenCancel: "was fenced after the run was cancelled"
        case .forgottenStructures: "is still off"
        }
    }
}
