import Messaging
import Scheduling

/// What the coordinator's event loop waits for.
enum CoordinatorEvent: Sendable {
    case received(IncomingFrames)
    case tick
    case prepared(EntityName, failure: String?)
    case terminated
}
