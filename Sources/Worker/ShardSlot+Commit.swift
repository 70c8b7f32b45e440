import Catalog
import ControlProtocol
import ControlStore
import MigrationPlan
import Observability
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
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
