import Catalog
import ControlProtocol
import ControlStore
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Fills the deferred references of a key range.
    ///
    /// (Key, parent ids) come from the source and go, resolved, into a temporary table, and from there into the rows by
    /// one UPDATE. Doing it again changes nothing.
    func fill(_ job: ShardJob) throws(AttemptFailure) -> ShardCounters {
        guard let create = job.entity.createFillTableStatement, let due = job.entity.dueFromFillStatement,
            let update = job.entity.updateFromFillStatement
        else {
            throw AttemptFailure(.fault, side: .worker, message: "\(job.entity.name) has no fill pass")
        }
        try self.on(.target) { () throws(PostgresError) in try self.target!.execute(create) }
        var pass = try self.reading(job) { unreadable throws(AttemptFailure) in
            var pass = try CopyPass.begin(job, without: unreadable)
            try self.stream(&pass)
            return pass
        }
        let (expected, updated) = try self.clock.time(\.write) { () throws(AttemptFailure) in
            try self.on(.target) { () throws(PostgresError) in
                (try self.target!.query(due), try self.target!.query(update))
            }
        }
        try self.check(pass, FillOutcome(expected, updated))
        pass.filled = updated.affectedRows
        return try self.commit(&pass)
    }

    /// Every reference that was resolved must have got to its row, unless the first pass has rejected that one.
    private func check(_ pass: borrowing CopyPass, _ outcome: FillOutcome) throws(AttemptFailure) {
        let table = pass.job.entity.targetTable
        if outcome.updated != outcome.due {
            try self.failFill(
                pass.job,
                "\(table) took \(outcome.updated) of \(outcome.due) references that the fill pass resolved"
            )
        }
        guard outcome.absent > 0, let statement = FillStatement.unrejected(pass.stagedKeys, pass.job) else { return }
        let present = try self.on(.target) { () throws(PostgresError) in
            try self.target!.query(statement.sql, statement.parameters).first?.integer(0)
        }
        let others = (present.map(Int.init) ?? 0) - (pass.stagedKeys.count - outcome.absent)
        guard others > 0 else { return }
        try self.failFill(pass.job, "\(others) rows of \(table) have other UUIDs than those computed from their keys")
    }

    private func failFill(_ job: ShardJob, _ text: String) throws(AttemptFailure) {
        let statement = FillStatement.triggers(of: job.entity.targetTable)
        let result = try self.on(.target) { () throws(PostgresError) in
            try self.target!.query(statement.sql, statement.parameters)
        }
        let names = result.rows.compactMap { $0.text(0) }
        let cause =
            names.isEmpty ? "" : "; its triggers that may change or leave out rows: \(names.joined(separator: ", "))"
        throw AttemptFailure(
            .rows,
            side: .target,
            sqlState: .noData,
            message:
                "\(text)\(cause). Disable what keeps rows as they are for the time of the run (`triggers: suspend`)"
        )
    }
}

extension ShardSlot {
    /// What the target made of the fill pass's temporary table.
    private struct FillOutcome {
        /// Rows that had to be changed.
        let due: Int
        /// Rows that were.
        let updated: Int
        /// Rows that are not there by their UUIDs.
        let absent: Int

        init(_ expected: QueryResult, _ updated: QueryResult) {
            self.due = Int(expected.first?.integer(0) ?? 0)
            self.absent = Int(expected.first?.integer(1) ?? 0)
            self.updated = updated.affectedRows
        }
    }
}
