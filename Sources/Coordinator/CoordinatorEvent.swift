import ControlProtocol
import ControlStore
import Messaging
import Postgres
import Scheduling

/// What the coordinator's event loop waits for.
enum CoordinatorEvent: Sendable {
    /// Messages wait in the intake.
    case received
    case tick
    /// More recurring work is due than one turn does.
    case goOn
    /// An entity is ready for its load, with the rounds of tasks that are to follow it (nil for those known); or why it is not.
    case prepared(EntityName, Result<Set<TaskRound>, PreparationFailure>)
    /// The source was asked for the run's snapshot.
    case snapshotChecked(Result<RunSnapshot.Held, any Error>)
    /// Statements that wait for the run's tables in the source.
    case waitsSeen([TableWait])
    /// The source was asked what it is busy with.
    case sourceSeen(Result<SourceSignals, PostgresError>)
    /// The target was asked what it is busy with.
    case targetSeen(Result<TargetSignals, PostgresError>)
    /// The source was asked for the middle of a shard whose attempts are used up.
    case cut(Failed, MessageHeader, RunLeader.Cut)
    /// The run's sums were read, beside the loop; nil where they could not be.
    case statusRead(StatusReport?, took: Duration)
    /// The statistics of an entity's table are new; nil, or why they are not.
    case analyzed(EntityName, failure: ControlStoreError?)
    /// The sums of a run that is over were read, beside the loop; or why they could not be.
    case concluded(Result<RunLeader.ConclusionReading, ControlStoreError>)
    /// The target was asked for the leadership again; nil where another coordinator has it.
    case targetAnswered(Result<Term?, ControlStoreError>)
    case terminated
}

extension CoordinatorEvent {
    /// What it is, for the log.
    var name: String {
        switch self {
        case .received: "received"
        case .tick: "tick"
        case .goOn: "goOn"
        case .prepared: "prepared"
        case .snapshotChecked: "snapshotChecked"
        case .waitsSeen: "waitsSeen"
        case .sourceSeen: "sourceSeen"
        case .targetSeen: "targetSeen"
        case .cut: "cut"
        case .statusRead: "statusRead"
        case .analyzed: "analyzed"
        case .concluded: "concluded"
        case .targetAnswered: "targetAnswered"
        case .terminated: "terminated"
        }
    }
}
