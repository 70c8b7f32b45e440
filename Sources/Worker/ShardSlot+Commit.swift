import Catalog
import ControlProtocol
import ControlStore
import MigrationPlan
import Observability
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Sends the rejects, with the source rows where the plan keeps them.
    func writeRejects(of pass: inout CopyPass) throws(AttemptFailure) {
        let job = pass.job
        let isReplay = job.assignment.kind == .replay
        if pass.mergeKey != nil, !isReplay { try self.resolveMerged(&pass) }
        guard !pass.rejects.isEmpty else { return }
        for start in stride(from: 0, to: pass.rejects.count, by: Self.rejectsAtOnce) {
            try self.checkCancelled()
            let rejects = pass.rejects[start..<min(start + Self.rejectsAtOnce, pass.rejects.count)]
            let rows = try self.sourceRows(of: rejects.map(\.key), job)
            var copy = RejectCopy(run: job.run, entity: job.assignment.entity, shard: job.assignment.shard)
            for reject in rejects {
                let column = reject.column.map { pass.columnName($0) }
                if pass.replay.repeats(reject, column: column, sourceRow: rows[reject.key]) { continue }
                copy.append(
                    key: reject.key,
                    reason: reject.reason.code,
                    column: column,
                    detail: reject.detail,
                    sourceRow: rows[reject.key],
                    parentEntity: reject.parent?.entity,
                    parentKey: reject.parent?.key,
                    // What a replay merges was kept by the merge that rejected it.
                    isKept: pass.keptKeys.contains(reject.key) || isReplay && pass.mergeKey != nil
                )
            }
            try self.send(copy)
        }
    }

    /// Writes rejects, if there are any.
    func send(_ rejects: RejectCopy) throws(AttemptFailure) {
        guard rejects.count > 0 else { return }
        try self.on(.target) { () throws(PostgresError) in
            try self.target!.copyIn(RejectCopy.sql)
            try self.target!.writeCopy(rejects.bytes.span.bytes)
            try self.target!.endCopy()
        }
    }

    /// Source rows are fetched for so many rejects at once, which bounds the memory they take.
    static let rejectsAtOnce = 1000

    /// The whole rows of the base table, as JSON text, by key.
    func sourceRows(of keys: [Int64], _ job: ShardJob) throws(AttemptFailure) -> [Int64: String] {
        guard job.keepsRejectedRows else { return [:] }
        return try self.readSourceRows(of: keys, job)
    }

    /// A row that can't even be sent as text (bytes that are no characters) leaves its reject without one.
    private func readSourceRows(of keys: [Int64], _ job: ShardJob) throws(AttemptFailure) -> [Int64: String] {
        let statement = job.entity.sourceRowsStatement(keys: keys)
        do throws(AttemptFailure) {
            let result = try self.on(.source) { () throws(PostgresError) in try self.source!.query(statement) }
            var rows: [Int64: String] = [:]
            for row in result.rows {
                if let key = row.integer(0), let text = row.text(1) { rows[key] = text }
            }
            return rows
        } catch {
            guard error.isUnreadableRow else { throw error }
            try self.rewindSource()
            guard keys.count > 1 else { return [:] }
            let first = try self.readSourceRows(of: Array(keys.prefix(keys.count / 2)), job)
            let second = try self.readSourceRows(of: Array(keys.dropFirst(keys.count / 2)), job)
            return first.merging(second) { row, _ in row }
        }
    }

    /// Records the shard as done behind the fence and commits.
    func commit(_ pass: inout CopyPass) throws(AttemptFailure) -> ShardCounters {
        let counters = pass.shardCounters
        let lookups = pass.transformer.lookupStatistics
        self.progress.addLookups(hits: lookups.hits, misses: lookups.misses)
        try self.writeAudit(of: pass)
        let fence = pass.fence(counters, timings: self.clock).statement
        let start = ContinuousClock.now
        defer { self.clock.commit += ContinuousClock.now - start }
        try self.leaveSource()
        let isHeld = try self.on(.target) { () throws(PostgresError) in
            FenceStatement.held(try self.target!.query(fence.sql, fence.parameters))
        }
        guard isHeld else {
            throw AttemptFailure(
                .leaseLost,
                side: .target,
                message: "the fence did not hold: \(pass.job.assignment.shard) is somebody else's"
            )
        }
        try self.on(.target) { () throws(PostgresError) in try self.target!.commit() }
        return counters
    }

    /// One mapping or one change per row, where the plan asks for it.
    private func writeAudit(of pass: borrowing CopyPass) throws(AttemptFailure) {
        let job = pass.job
        guard job.assignment.kind != .fill, let audit = AuditStatement(job) else { return }
        var statements: [Statement] = []
        if job.plan.policy.audit == .table { statements.append(audit.mappings) }
        if job.plan.policy.changeLog == .rows, pass.mergeKey == nil { statements.append(audit.changes) }
        for statement in statements {
            try self.on(.target) { () throws(PostgresError) in
                _ = try self.target!.query(statement.sql, statement.parameters)
            }
        }
    }
}

extension AuditStatement {
    /// The rows of a job; nil where the target keeps no source keys.
    init?(_ job: ShardJob) {
        let entity = job.entity
        guard let id = entity.idColumn, let legacy = entity.legacyColumn else { return nil }
        self.init(
            run: job.run,
            entity: job.assignment.entity,
            shard: job.assignment.shard,
            attempt: job.assignment.attempt,
            targetTable: entity.targetTable,
            idColumn: id,
            legacyColumn: legacy,
            rows: job.assignment.kind == .replay ? .keys(job.keys) : .range(job.assignment.range)
        )
    }
}
