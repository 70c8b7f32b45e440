import ControlProtocol
import Postgres
import Scheduling

extension Failed {
    /// Why an attempt failed.
    init(_ assignment: Assignment, _ failure: AttemptFailure) {
        self.init(
            lease: assignment.lease,
            shard: assignment.shard,
            errorClass: failure.failure,
            sqlState: failure.sqlState?.rawValue,
            side: failure.side,
            message: failure.message
        )
    }
}
