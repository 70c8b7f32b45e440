import Catalog
package import ControlStore
package import MigrationPlan

/// How a run that has nothing left to do ended.
package struct RunConclusion {
    var failedShards: Int
    var totals: ShardCounters
    var isMixed: Bool
    /// Indexes, constraints and triggers that the target's catalog does not have as they were before the load.
    var off: [SuspendedRecord]
    /// The run's number.
    var run: Int
    var limit: RunSettings.RejectLimit?

    var summary: RunSummary {
        var shortfalls: [String] = []
        if self.failedShards > 0 {
            shortfalls.append(
                "\(counted(self.failedShards, "failed shard")): see `godwit shards --failed`, then `godwit retry --failed`"
            )
        }
        if let names = self.namesOff {
            shortfalls.append("off since the load: \(names); see `godwit constraints restore \(self.run)`")
        }
        if let excess = Self.rejectExcess(of: self.totals, limit: self.limit) { shortfalls.append(excess) }
        if self.isMixed {
            shortfalls.append(
                "its shards were read under more than one snapshot, so a row may not fit its parents. \(Self.mixedAdvice())"
            )
        }
        guard shortfalls.isEmpty else { return RunSummary(.incomplete, shortfalls.joined(separator: "; ")) }
        return RunSummary(
            .done,
            "\(self.totals.migrated) rows migrated, \(self.totals.rejected) rejected, \(self.totals.filtered) filtered"
        )
    }

    /// So many objects are named; `godwit constraints status` has them all.
    private static let mostNames = 5

    private var namesOff: String? {
        guard !self.off.isEmpty else { return nil }
        let names = self.off.prefix(Self.mostNames).map { "\($0.kind) \($0.name) of \($0.table)" }
            .joined(separator: ", ")
        return self.off.count > Self.mostNames ? "\(names) and \(self.off.count - Self.mostNames) more" : names
    }

    /// What an operator can do about a run with two snapshots.
    ///
    /// - Parameter run: The run's number, where it need not be the latest.
    /// - Returns: Sentences without a full stop.
    package static func mixedAdvice(run: Int? = nil) -> String {
        """
        Where nobody wrote to the source in between, nothing differs; else stop the writes and merge each entity that was \
        written to once more: godwit retry --entity E --force\(run.map { " --run \($0)" } ?? "")
        """
    }

    /// What to say where more rows were rejected than a plan allows; nil where they were not.
    package static func rejectExcess(of totals: ShardCounters, limit: RunSettings.RejectLimit?) -> String? {
        switch limit {
        case .rows(let rows) where totals.rejected > rows:
            return "\(counted(totals.rejected, "rejected row")), more than rejects.max allows (\(rows))"
        case .share(let share):
            let eligible = totals.sourceRows - totals.filtered
            guard eligible > 0, Double(totals.rejected) > share * Double(eligible) else { return nil }
            return
                "\(counted(totals.rejected, "rejected row")) of \(eligible), more than rejects.max allows (\(share * 100) %)"
        case .rows, nil:
            return nil
        }
    }
}
