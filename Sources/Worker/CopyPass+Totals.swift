import Catalog
import ControlStore
import MigrationPlan
import RowPipeline
import Scheduling

extension CopyPass {
    /// What the shard row will say.
    var shardCounters: ShardCounters {
        var adjusted: [String: Int] = [:]
        for (column, kind, count) in self.counters.adjustments {
            adjusted["\(self.columnName(column)):\(kind.code)"] = count
        }
        if let filled = self.filled { adjusted["filled"] = filled }
        let isFill = self.job.assignment.kind == .fill
        return ShardCounters(
            sourceRows: self.sourceRows + self.merged.gone,
            migrated: isFill ? 0 : self.counters.migrated - self.merged.migrated,
            rejected: isFill ? 0 : self.counters.rejectedTotal - self.replay.taken.count + self.merged.total,
            filtered: self.filtered - self.merged.filtered,
            adjusted: adjusted,
            bytesRead: self.bytesRead,
            bytesWritten: self.bytesWritten
        )
    }

    /// The bare name of an output column of the running program.
    func columnName(_ column: Int) -> String {
        let program = self.job.assignment.kind == .fill ? self.job.entity.fill?.program : self.job.entity.program
        return program?.outputs[column].name ?? "#\(column)"
    }

    /// The statement that makes the shard done.
    mutating func fence(_ counters: ShardCounters, timings: StageClock) -> FenceStatement {
        FenceStatement(
            shard: self.job.assignment.shard,
            lease: self.job.assignment.lease,
            counters: counters,
            timings: [
                "read": timings.read / .seconds(1),
                "transform": timings.transform / .seconds(1),
                "write": timings.write / .seconds(1),
            ],
            presence: self.takePresence(),
            highestKey: nil,
            logsChange: self.job.plan.policy.changeLog == .shards || self.job.assignment.kind == .fill,
            planRevision: self.job.planRevision,
            rest: self.rest
        )
    }

    /// The keys that are in the target now, where somebody refers to them.
    private mutating func takePresence() -> [UInt8]? {
        guard self.job.entity.recordsPresence, self.job.assignment.kind != .fill else { return nil }
        var presence = self.transformer.takePresence()
        for key in self.keptKeys { presence.insert(key) }
        return presence.serialized()
    }
}
