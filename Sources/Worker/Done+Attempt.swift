import ControlProtocol
import Scheduling

extension Done {
    /// What an attempt did; a replay's totals may be negative, which the shard row says and a message can't.
    init(_ assignment: Assignment, _ totals: WorkerEvent.ShardTotals) {
        self.init(
            lease: assignment.lease,
            shard: assignment.shard,
            counts: ShardCounts(
                source: max(0, totals.source),
                migrated: totals.migrated,
                rejected: max(0, totals.rejected),
                filtered: totals.filtered
            ),
            seconds: totals.seconds
        )
    }
}
