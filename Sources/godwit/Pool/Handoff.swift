import ControlStore
import Scheduling

/// Who takes up what a command has given a run to do.
enum Handoff: Equatable {
    /// A coordinator and workers that the command starts.
    case started(workers: Int)
    /// The coordinator that leads the run.
    case coordinator
    /// The same, once an operator has resumed the run.
    case pausedCoordinator
    /// A coordinator that somebody starts when the one that is up has left its other run.
    case busyCoordinator
    /// Nobody before an operator has resumed the run.
    case held
    /// A coordinator that somebody starts.
    case nobody
    /// A coordinator that somebody starts with this role: the operator's can't lead.
    case owner(String)

    /// - Parameters:
    ///   - status: How the run stood when it got more to do.
    ///   - isHeld: Whether it goes on only when somebody resumes it.
    ///   - isLed: Whether a coordinator is up.
    ///   - options: What the command may start.
    ///   - standing: How the operator's role stands to the control schema.
    init(_ status: RunStatus, isHeld: Bool, isLed: Bool, _ options: WorkOptions, _ standing: SchemaStanding) {
        if isLed {
            switch status {
            case .running: self = .coordinator
            case .paused: self = .pausedCoordinator
            default: self = .busyCoordinator
            }
        } else if isHeld {
            self = .held
        } else {
            self = Self(options, standing)
        }
    }

    /// Of a run that nobody leads and nothing holds.
    init(_ options: WorkOptions, _ standing: SchemaStanding) {
        if !standing.mayLead {
            self = .owner(standing.owner ?? "")
        } else {
            self = options.noRun ? .nobody : .started(workers: options.pool.workers)
        }
    }

    /// Whether the command itself works on the run.
    var isStart: Bool { if case .started = self { true } else { false } }

    /// The sentence for the operator.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - work: What is done with it then, such as `goes on with them`.
    ///   - delay: What the coordinator that leads it does before.
    /// - Returns: One line.
    func text(of run: RunRecord, _ work: String, when delay: String = "") -> String {
        switch self {
        case .started(let workers):
            "starting a coordinator and \(Figures.counted(workers, "worker"))"
        case .coordinator:
            "the coordinator \(work)\(delay)"
        case .pausedCoordinator:
            "the coordinator \(work) after godwit resume \(run.number)"
        case .busyCoordinator:
            "a coordinator is busy with another run; when it has left: godwit coordinator --run \(run.id), and workers"
        case .held:
            "the run is paused; godwit resume \(run.number) \(work)"
        case .nobody:
            "start godwit coordinator --run \(run.id), and workers"
        case .owner(let role):
            "start godwit coordinator --run \(run.id) with the role \(role), which owns the control schema, and workers"
        }
    }
}
