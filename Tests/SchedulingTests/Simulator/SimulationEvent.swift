@testable import Scheduling

/// Something that happens at a time.
indirect enum SimulationEvent {
    /// A process is started, and leads if nobody else does.
    case startCoordinator
    /// The same, from a standby that goes on looking.
    case standbyLooks
    case coordinatorTick(Int)
    case prepared(Int, EntityName)
    case operatorActs(Operation)
    case startWorker(Int)
    case workerTick(Incarnation)
    case attempt(Incarnation, slot: Int, LeaseID, Step)
    case renewal(Incarnation, [LeaseID], sent: Double, succeeds: Bool)
    case snapshotImport(Incarnation, SimulatedSource.Hold, from: Holder)
    case toCoordinator(Int, Incarnation, ToCoordinator)
    case toWorker(Incarnation, ToWorker)
    case misfortune(Target)

    enum Step {
        /// Opens its transaction and reads what its rows refer to.
        case begin
        /// The last statement.
        case fence
        case commit
        /// Rolled back.
        case end
    }

    enum Operation {
        case retryAndStart
        case retry
        case pause
        case resume
        case openWindow
        case cancel
    }

    enum Target {
        case worker(Int)
        case coordinator
        case surroundings
    }

    enum ToCoordinator {
        case hello
        case ping(held: [(lease: LeaseID, rows: Int)], capacity: Int, isDraining: Bool, SimulatedSource.Hold?)
        case done(LeaseID, ShardID)
        case failed(LeaseID, ShardID, FailureClass)
        case bye
    }

    enum ToWorker {
        case welcome(Offer?)
        case askForHello
        case pong(Offer?, [RunMachine.YieldRequest])
        case lease(Assignment, Offer?)
        case acknowledge(LeaseID)
        case revoke(LeaseID)
        case drain(seconds: Double)
    }

    /// The snapshot as somebody exports it.
    struct Offer {
        var hold: SimulatedSource.Hold
        var holder: Holder
    }

    /// Who holds a snapshot.
    enum Holder: Hashable {
        case coordinator(Int)
        case worker(Incarnation)
    }
}
