extension WorkerMachine {
    /// How a worker stands with the coordinator.
    package enum Mode: Sendable, Equatable {
        /// No coordinator has taken it in. Can transition to: serving, draining, stopping.
        case greeting
        /// It takes leases. Can transition to: greeting, draining, stopping.
        case serving
        /// It takes no more and finishes what it has. Can transition to: stopping, left.
        case draining(deadline: Instant)
        /// It cancels what it has. Can transition to: left.
        case stopping
        /// It has said goodbye. Final.
        case left
    }

    /// What one of the worker's slots is at.
    package enum Slot: Sendable, Equatable {
        /// Can transition to: running.
        case idle
        /// At a shard; the last good renewal was sent at `renewed`. Can transition to: cancelling, idle.
        case running(LeaseID, renewed: Instant)
        /// Told to roll back. Can transition to: idle.
        case cancelling(LeaseID)

        var lease: LeaseID? {
            switch self {
            case .idle: nil
            case .running(let lease, _), .cancelling(let lease): lease
            }
        }
    }

    /// What a LEASE calls for.
    package enum LeaseAction: Sendable, Equatable {
        case start(slot: Int)
        /// Already ended: say so again.
        case reportAgain(LeaseID)
        /// No slot is free, or the worker is leaving: release it in the control schema.
        case giveBack
        /// It is running already.
        case none
    }

    /// What the time calls for.
    package enum Action: Sendable, Equatable {
        case sayHello
        case ping
        case report(LeaseID)
        case renew([LeaseID])
        case cancel(slot: Int)
        /// Look up where the coordinator is, and connect there if it is not where it was; then report `connected`.
        case lookForCoordinator
        /// Throw the connection away and begin a new one.
        case reconnect
        /// Say BYE and end the process.
        case leave
    }
}
