import Catalog
import ControlProtocol
import ControlStore
import MigrationPlan
import Postgres
import RowPipeline
import Scheduling

/// Rows that a unique index does not take when it is built after the load: what the index would have refused at the time.
extension ShardSlot {
    /// How long to wait until nobody else builds an index of the table, or writes to it, in minutes.
    ///
    /// A build that is under way may take that long; what waits meanwhile keeps nobody from reading.
    private static let buildPatience = 5

    /// Makes rejects of all rows but one of each group of equal ones, and builds the index then.
    ///
    /// All in the task's own transaction. Only while nobody has referred to the rows: the entity has not settled yet.
    func rejectDuplicates(
        of object: SuspendedRecord,
        _ step: RestoreStep,
        _ refusal: PostgresError,
        _ job: ShardJob
    ) throws(AttemptFailure) {
        let control = WithdrawalStatement(run: job.run, entity: job.assignment.entity)
        guard let legacy = job.entity.legacyColumn else { throw self.refused(refusal, "they have no legacy key") }
        guard try !self.isReferred(control, job) else {
            throw self.refused(refusal, "other rows may refer to them by now")
        }
        try self.on(.target) { () throws(PostgresError) in
            // Whoever builds another index of the table meanwhile would be in the way of the deletion, and we in its.
            try self.target!
                .execute(
                    """
                    SET LOCAL lock_timeout = '\(Self.buildPatience)min';
                    LOCK TABLE ONLY \(object.table) IN SHARE ROW EXCLUSIVE MODE
                    """
                )
        }
        guard try !self.meetsDeletion(object.table) else {
            throw self.refused(refusal, "a trigger or a rule of the table would meet the DELETE of all but one")
        }
        let groups = try self.duplicates(of: object, step, legacy, job.entity.idColumn, refusal)
        let verdict = DuplicateGroups(try self.owned(groups, control, job))
        if let obstacle = verdict.obstacle { throw self.refused(refusal, obstacle) }
        if let key = try self.twin(of: verdict.losers, in: object.table, legacy, job) {
            throw self.refused(refusal, "two rows have the legacy key \(key)")
        }
        if let follower = try self.follower(of: verdict.losers, in: object.table) {
            throw self.refused(refusal, "rows of \(follower) refer to them and would go or change with them")
        }
        try self.delete(verdict.losers, from: object.table)
        try self.reject(verdict.losers, refusal, job)
        try self.withdraw(verdict.losers, control, job)
        do throws(AttemptFailure) {
            try self.execute(step)
        } catch  where error.sqlState == .uniqueViolation {
            throw self.refused(refusal, "rejecting \(verdict.losers.count) of them was not enough")
        }
    }

    /// The failure where duplicates can't be treated here.
    private func refused(_ refusal: PostgresError, _ reason: String) -> AttemptFailure {
        var failure = self.failure(refusal, side: .target)
        // The key, where it may be shown: somebody has to look for the rows.
        if !self.hidesValues, let detail = refusal.detail { failure.message += " (\(detail))" }
        failure.message += "; rows of equal values stay as they are, because \(reason)"
        return failure
    }

    /// Answers whether other rows may refer to the entity's; where it is no, none will until the transaction ends.
    private func isReferred(_ control: WithdrawalStatement, _ job: ShardJob) throws(AttemptFailure) -> Bool {
        let name = job.entity.name
        let dependents = job.plan.entities.filter { $0.dependencies.contains(name) }.map(\.name)
        let fillers = job.plan.entities.filter { $0.deferredParents.contains(name) }.map(\.name)
        try self.onTarget(control.keepUngranted(dependents, fillers: fillers))
        return WithdrawalStatement.isReferred(try self.onTarget(control.isReferred(to: dependents, fillers: fillers)))
    }

    /// Groups of rows with equal values, by the index's own columns and predicate.
    private func duplicates(
        of object: SuspendedRecord,
        _ step: RestoreStep,
        _ legacy: String,
        _ id: String?,
        _ refusal: PostgresError
    ) throws(AttemptFailure) -> [[DuplicateSearch.Row]] {
        let unique = "CREATE UNIQUE INDEX "
        guard step.sql.hasPrefix(unique) else { throw self.refused(refusal, "the index's definition is unusual") }
        let plain = "CREATE INDEX " + step.sql.dropFirst(unique.count)
        let terms = try self.on(.target) { () throws(PostgresError) in
            try self.target!.execute(plain)
            return try self.target!.query(DuplicateSearch.terms, [.text(object.table), .text(object.name)])
        }
        guard let search = DuplicateSearch(terms) else { throw self.refused(refusal, "the index has another name") }
        let rows = try self.on(.target) { () throws(PostgresError) in
            let rows = try self.target!.query(search.rows(of: object.table, legacyColumn: legacy, idColumn: id))
            try self.target!.execute("DROP INDEX \(search.index)")
            return rows
        }
        guard rows.count <= DuplicateSearch.limit else {
            throw self.refused(refusal, "they are more than \(DuplicateSearch.limit)")
        }
        return DuplicateSearch.groups(rows)
    }

    private func delete(_ losers: [DuplicateGroups.Loser], from table: String) throws(AttemptFailure) {
        let deleted = try self.on(.target) { () throws(PostgresError) in
            try self.target!
                .query(
                    "DELETE FROM ONLY \(table) WHERE ctid = ANY ($1::tid[])",
                    [.texts(losers.map(\.place))]
                )
                .affectedRows
        }
        guard deleted == losers.count else {
            throw AttemptFailure(
                .rows,
                side: .target,
                message:
                    "\(deleted) of \(losers.count) rows of equal values could be deleted; does a trigger keep some?"
            )
        }
    }

    private func reject(
        _ losers: [DuplicateGroups.Loser],
        _ refusal: PostgresError,
        _ job: ShardJob
    ) throws(AttemptFailure) {
        let shown = self.hidesValues ? refusal.withoutRowValues : refusal
        let head = [shown.serverMessage, refusal.constraint.map { "constraint \($0)" }].compactMap { $0 }
        let reason = RejectReason.refused(SQLState.uniqueViolation.rawValue).code
        for (shard, losers) in Dictionary(grouping: losers, by: \.owner).sorted(by: { $0.key < $1.key }) {
            for start in stride(from: 0, to: losers.count, by: Self.rejectsAtOnce) {
                try self.checkCancelled()
                let part = losers[start..<min(start + Self.rejectsAtOnce, losers.count)]
                if job.keepsRejectedRows, !self.hasSource { try self.openSource(job) }
                let lines = part.map { loser in
                    let winner = loser.winner.map { "legacy key \($0)" } ?? "a row without a legacy key"
                    return RejectLine(
                        key: loser.key,
                        reason: reason,
                        column: nil,
                        detail: (head + ["legacy key \(loser.key) gave way to \(winner)"]).joined(separator: "; ")
                    )
                }
                try self.send(lines, to: shard, job)
            }
        }
    }

    /// Takes the rows out of the counters and the presence of the shards that brought them.
    private func withdraw(
        _ losers: [DuplicateGroups.Loser],
        _ control: WithdrawalStatement,
        _ job: ShardJob
    ) throws(AttemptFailure) {
        let byShard = Dictionary(grouping: losers, by: \.owner).sorted { $0.key < $1.key }
        var presence = try self.presence(of: Set(byShard.map(\.key)), control)
        for (shard, losers) in byShard {
            try self.onTarget(WithdrawalStatement.move(losers.count, of: shard))
            guard presence[shard] != nil else { continue }
            for loser in losers { presence[shard]?.remove(loser.key) }
            try self.onTarget(WithdrawalStatement.setPresence(presence[shard]?.serialized() ?? [], of: shard))
        }
        let keys = losers.map(\.key)
        if job.plan.policy.audit == .table { try self.onTarget(control.forgetMappings(of: keys)) }
        if job.plan.policy.changeLog == .rows {
            let assignment = job.assignment
            try self.onTarget(control.logDeletions(of: keys, by: assignment.shard, attempt: assignment.attempt))
        }
    }
}
