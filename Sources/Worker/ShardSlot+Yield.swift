import Catalog
import ControlProtocol
import ControlStore
import Logging
import Observability
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Stops in the middle of a shard where others should have the rest, and prepares its end there.
    ///
    /// What was read is committed as if the range had ended at the last row; the fence narrows the shard and adds the rest
    /// in the same statement, so that no row is nobody's or two shards' at any time.
    ///
    /// - Returns: Whether nothing more is to be read.
    func yieldRest(of pass: inout CopyPass) throws(AttemptFailure) -> Bool {
        guard pass.mayYield, let last = pass.transformer.lastKey, last < .max,
            let parts = YieldPolicy.parts(
                elapsed: .now - pass.begun,
                rows: pass.counters.read,
                left: pass.rowsLeft,
                asked: self.control.partsAsked,
                wait: self.pacer.wait
            )
        else { return false }
        let upper = pass.job.assignment.range.upper
        let whole = pass.sourceRows
        self.source?.abandonCommand()
        try self.rewindSource()
        try self.lockSource(pass.job)
        pass.job.assignment.range.upper = last + 1
        pass.unreadable.removeAll { $0.key > last }
        try self.count(&pass)
        let left = whole - pass.sourceRows
        let rest = try self.rest(of: pass.job.entity, from: last + 1, upper: upper, rows: left, parts)
        pass.rest = rest
        self.logger.info(
            "left the rest of a shard to others",
            metadata: .of([
                .runID: pass.job.run, .entity: pass.job.assignment.entity, .shardID: pass.job.assignment.shard,
                .rowsRead: pass.counters.read, .shards: rest.lowerKeys.count,
            ])
        )
        return true
    }

    /// Rests of more rows than this are cut by the plan's statistics: to number so many keys takes a second.
    private static let countedRest = 2_000_000

    private func rest(
        of entity: ResolvedEntity,
        from lower: Int64,
        upper: Int64?,
        rows: Int,
        _ parts: Int
    ) throws(AttemptFailure) -> ShardRest {
        guard parts > 1 else { return ShardRest(lowerKeys: [lower], rows: [rows]) }
        guard rows <= Self.countedRest else {
            let cuts = [lower] + entity.knownCuts(from: lower, upper: upper, parts: parts)
            return ShardRest(lowerKeys: cuts, rows: cuts.map { _ in rows / cuts.count })
        }
        let statement = entity.partsStatement(from: lower, upper: upper, parts: parts)
        let result = try self.on(.source) { () throws(PostgresError) in try self.source!.query(statement) }
        var rest = ShardRest(lowerKeys: [], rows: [])
        for row in result.rows {
            guard let first = row.integer(0), let count = row.integer(1) else { continue }
            // The first part begins right behind the last row, wherever the next one is.
            rest.lowerKeys.append(rest.lowerKeys.isEmpty ? lower : first)
            rest.rows.append(Int(count))
        }
        return rest.lowerKeys.isEmpty ? ShardRest(lowerKeys: [lower], rows: [rows]) : rest
    }
}

extension CopyPass {
    /// Whether it may end before its range does: a plain copy that reads in the order of the keys and has written a batch.
    var mayYield: Bool {
        self.batches > 0 && self.job.assignment.kind == .copy && !self.job.assignment.merges && self.mergeKey == nil
            && self.job.entity.readsInKeyOrder == true && !self.job.entity.readsQuery
    }
}
