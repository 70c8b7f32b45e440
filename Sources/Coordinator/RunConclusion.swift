import Catalog
import ControlStore
import MigrationPlan

/// How a run that has nothing left to do ended.
struct RunConclusion {
    var failedShards: Int
    var totals: ShardCounters
    var isMixed: Bool
    var limit: RunSettings.RejectLimit?

    var summary: RunSummary {
        var shortfalls: [String] = []
        if self.failedShards > 0 {
            shortfalls.append(
                "\(self.failedShards) failed shards: see `godwit shards --failed`, then `godwit retry --failed`"
            )
        }
        if let excess = self.rejectExcess { shortfalls.append(excess) }
        if self.isMixed {
            shortfalls.append(
                "its shards were read under more than one snapshot, so a row may not fit its parents. \(Self.mixedAdvice)"
            )
        }
        guard shortfalls.isEmpty else { return RunSummary(.incomplete, shortfalls.joined(separator: "; ")) }
        return RunSummary(
            .done,
            "\(self.totals.migrated) rows migrated, \(self.totals.rejected) rejected, \(self.totals.filtered) filtered"
        )
    }

    /// What an operator can do about a run with two snapshots.
    static let mixedAdvice = """
        Where nobody wrote to the source in between, nothing differs; else compare the entities that were written to, or \
        empty the target's tables and migrate again
        """

    private var rejectExcess: String? {
        switch self.limit {
        case .rows(let rows) where self.totals.rejected > rows:
            return "\(self.totals.rejected) rejected rows are more than rejects.max allows (\(rows))"
        case .share(let share):
            let eligible = self.totals.sourceRows - self.totals.filtered
            guard eligible > 0, Double(self.totals.rejected) > share * Double(eligible) else { return nil }
            return
                "\(self.totals.rejected) rejected rows of \(eligible) are more than rejects.max allows (\(share * 100) %)"
        case .rows, nil:
            return nil
        }
    }
}
