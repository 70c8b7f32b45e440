import Catalog
import ControlProtocol
import ControlStore
import Postgres
import RowPipeline
import Scheduling

/// A shard whose rows were committed before: inserts what is missing, updates what differs, deletes nothing.
extension ShardSlot {
    /// Finds the key by which the target's rows are known again.
    func findMergeKey(_ job: ShardJob) throws(AttemptFailure) -> MergeKey? {
        guard job.assignment.merges, job.assignment.kind == .copy else { return nil }
        let statement = MergeKey.statement(table: job.entity.targetTable)
        let columns = try self.on(.target) { () throws(PostgresError) in
            try self.target!.query(statement.sql, statement.parameters)
        }
        let key = MergeKey(
            columns,
            legacyColumn: job.entity.legacyColumn,
            idColumn: job.entity.idColumn,
            computesIDs: job.entity.computesIDs
        )
        guard let key else {
            throw AttemptFailure(
                .schema,
                side: .target,
                message: "\(job.entity.targetTable) has no unique key by which a merge would know its rows"
            )
        }
        return key
    }

    /// Writes the output buffer by way of a staging table.
    func writeMerged(_ pass: inout CopyPass, by key: MergeKey) throws(AttemptFailure) {
        let staging = RowStaging(
            entity: pass.job.entity,
            merge: MergeClause(pass.job.entity, key, log: MergeClause.RowLog(pass.job))
        )
        try self.stage(staging)
        let refusal = try self.attempt("merge") { () throws(PostgresError) in
            try self.target!.execute(staging.insertAll)
        }
        try self.on(.target) { () throws(PostgresError) in
            if refusal != nil { try self.target!.execute(staging.insertRows) }
            if let note = staging.noteStrangers { try self.target!.execute(note) }
        }
        try self.takeRefused(staging, &pass)
    }

    /// Takes the open rejects of the range off the record: the new ones are in their place.
    ///
    /// Replays have counted rows of this range, and what they have counted is not counted twice.
    func resolveMerged(_ pass: inout CopyPass) throws(AttemptFailure) {
        let job = pass.job
        let range = job.assignment.range
        let entity = job.assignment.entity
        let lock = MergeStatement.lock(range, of: entity, in: job.run)
        let statement = MergeStatement.resolve(
            range,
            of: entity,
            in: job.run,
            by: job.assignment.shard,
            rejectedAgain: pass.rejects.map(\.key)
        )
        pass.merged = try self.on(.target) { () throws(PostgresError) in
            _ = try self.target!.query(lock.sql, lock.parameters)
            return MergeStatement.replayed(try self.target!.query(statement.sql, statement.parameters))
        }
        // A row that is rejected now may be in the target since before, and whoever refers to it finds it there.
        guard job.entity.recordsPresence, let legacy = job.entity.legacyColumn, !pass.rejects.isEmpty else { return }
        let keys = QueryParameter.integers(pass.rejects.map(\.key))
        let kept = try self.on(.target) { () throws(PostgresError) in
            try self.target!
                .query(
                    "SELECT \(legacy)::int8 FROM \(job.entity.targetTable) WHERE \(legacy) = ANY ($1::int8[])",
                    [keys]
                )
        }
        pass.keptKeys = kept.rows.compactMap { $0.integer(0) }
    }
}
