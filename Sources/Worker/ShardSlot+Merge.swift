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
        guard job.assignment.merges, job.assignment.kind != .fill else { return nil }
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

    /// Writes the output buffer by way of a staging table; rows that are refused are put off until all others are there.
    func writeMerged(_ pass: inout CopyPass, by key: MergeKey) throws(AttemptFailure) {
        let staging = Self.staging(pass, key)
        try self.stage(staging)
        let refusal = try self.attempt("merge") { () throws(PostgresError) in
            try self.target!.execute(staging.insertAll)
        }
        try self.on(.target) { () throws(PostgresError) in
            if refusal != nil { try self.target!.execute(staging.insertRows()) }
            if let note = staging.noteStrangers { try self.target!.execute(note) }
        }
        let refused = try self.refusedRows(staging, of: self.output.rowCount)
        let count = pass.lateKeys.count
        try self.on(.target) { () throws(PostgresError) in
            if !refused.isEmpty { try self.target!.execute(staging.putOff(after: count)) }
            try self.target!.execute(staging.drop)
        }
        pass.lateKeys += refused.map { self.output.key(ofRow: $0.row) }
    }

    /// Tries the rows that were put off until no more of them comes, and makes the others rejects.
    ///
    /// The target checks unique values row by row: one that moves from a row to another is free only when the row that
    /// had it has got its new one. Every other round goes backwards, so that a chain of such rows takes two rounds and not
    /// as many as it is long, whichever way it runs.
    func mergeLate(_ pass: inout CopyPass) throws(AttemptFailure) {
        guard let key = pass.mergeKey, !pass.lateKeys.isEmpty else { return }
        let staging = Self.staging(pass, key)
        try self.on(.target) { () throws(PostgresError) in try self.target!.execute(RowStaging.stageLate) }
        var left = Int.max
        var isDescending = false
        while true {
            try self.checkCancelled()
            try self.on(.target) { () throws(PostgresError) in
                try self.target!.execute(staging.insertRows(descending: isDescending))
                if let note = staging.noteStrangers { try self.target!.execute(note) }
            }
            let refused = try self.refusedRows(staging, of: pass.lateKeys.count)
            guard !refused.isEmpty, refused.count < left else {
                for (row, error) in refused { pass.refuse(key: pass.lateKeys[row], error: error) }
                break
            }
            left = refused.count
            isDescending.toggle()
            try self.on(.target) { () throws(PostgresError) in
                try self.target!.execute(RowStaging.keepRefused)
                try self.target!.execute(RowStaging.forgetRefused)
            }
        }
        try self.on(.target) { () throws(PostgresError) in try self.target!.execute(staging.drop) }
    }

    private static func staging(_ pass: borrowing CopyPass, _ key: MergeKey) -> RowStaging {
        RowStaging(
            entity: pass.job.entity,
            merge: MergeClause(pass.job.entity, key, log: MergeClause.RowLog(pass.job))
        )
    }

    /// Takes the open rejects of the range off the record: the new ones are in their place.
    ///
    /// Replays have counted rows of this range, and what they have counted is not counted twice.
    func resolveMerged(_ pass: inout CopyPass) throws(AttemptFailure) {
        let job = pass.job
        let range = job.assignment.range
        let entity = job.assignment.entity
        let lock = MergeStatement.lock(range, of: entity, in: job.run)
        let open = MergeStatement.open(range, of: entity, in: job.run)
        let keys = try self.on(.target) { () throws(PostgresError) in
            _ = try self.target!.query(lock.sql, lock.parameters)
            return MergeStatement.keys(try self.target!.query(open.sql, open.parameters))
        }
        let again = Set(pass.rejects.map(\.key))
        let left = try self.absent(keys.filter { !again.contains($0) }, pass)
        let statement = MergeStatement.resolve(
            range,
            of: entity,
            in: job.run,
            by: job.assignment.shard,
            rejectedAgain: pass.rejects.map(\.key),
            gone: left.gone,
            filtered: left.filtered
        )
        pass.merged = try self.on(.target) { () throws(PostgresError) in
            MergeStatement.replayed(try self.target!.query(statement.sql, statement.parameters))
        }
        try self.noteKept(&pass)
    }

    /// Of keys that the merge has not rejected those whose rows it has not brought either.
    private func absent(
        _ keys: [Int64],
        _ pass: borrowing CopyPass
    ) throws(AttemptFailure) -> (gone: [Int64], filtered: [Int64]) {
        guard !keys.isEmpty else { return ([], []) }
        let standing = pass.job.entity.standingStatement(keys: keys, without: pass.unreadable.map(\.key))
        let rows = try self.on(.source) { () throws(PostgresError) in try self.source!.query(standing) }
        let present = Set(rows.rows.compactMap { $0.integer(0) })
        return (
            keys.filter { !present.contains($0) },
            rows.rows.filter { $0.bool(1) == true }.compactMap { $0.integer(0) }
        )
    }

    /// A row that is rejected now may be in the target since before: whoever refers to it finds it there, and a replay has
    /// to merge it.
    private func noteKept(_ pass: inout CopyPass) throws(AttemptFailure) {
        guard let legacy = pass.job.entity.legacyColumn, !pass.rejects.isEmpty else { return }
        let table = pass.job.entity.targetTable
        let keys = QueryParameter.integers(pass.rejects.map(\.key))
        let kept = try self.on(.target) { () throws(PostgresError) in
            try self.target!
                .query(
                    "SELECT \(legacy)::int8 FROM \(table) WHERE \(legacy) = ANY ($1::int8[])",
                    [keys]
                )
        }
        pass.keptKeys = Set(kept.rows.compactMap { $0.integer(0) })
    }
}
