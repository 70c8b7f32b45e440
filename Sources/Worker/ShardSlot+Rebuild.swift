import ControlProtocol
import ControlStore
import Scheduling

extension ShardSlot {
    /// One step of bringing an index or a constraint back.
    func rebuild(_ job: ShardJob) throws(AttemptFailure) -> ShardCounters {
        throw AttemptFailure(
            .fault,
            side: .worker,
            message: "this worker can't build indexes and constraints; start workers of the coordinator's version"
        )
    }
}
