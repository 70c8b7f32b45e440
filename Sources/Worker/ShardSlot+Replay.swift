import Catalog
import ControlProtocol
import ControlStore
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Resolves the open rejects of a replay's keys and reduces it to them; whoever else would replay one waits.
    func takeUp(_ pass: inout CopyPass) throws(AttemptFailure) {
        try self.beginTarget(pass.job)
        let take = Self.statement(of: pass).take(pass.job.keys)
        let rejects = try self.on(.target) { () throws(PostgresError) in
            ReplayStatement.taken(try self.target!.query(take.sql, take.parameters))
        }
        // A key has one open reject at most; of two, which only a tampered table has, either will do.
        pass.replay.taken = Dictionary(rejects.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        pass.job.keys = pass.replay.taken.keys.sorted()
        let taken = pass.replay.taken
        pass.unreadable.removeAll { taken[$0.key] == nil }
        guard !pass.job.keys.isEmpty else { return }
        let standing = pass.job.entity.standingStatement(
            keys: pass.job.keys,
            without: pass.unreadable.map(\.key)
        )
        let rows = try self.on(.source) { () throws(PostgresError) in try self.source!.query(standing) }
        for row in rows.rows {
            guard let key = row.integer(0) else { continue }
            pass.replay.present.insert(key)
            if row.bool(1) == true { pass.replay.filtered.append(key) }
        }
        // The source has fewer rows than when their shards counted them.
        pass.sourceRows = -pass.replay.gone.count
        pass.filtered = pass.replay.filtered.count
    }

    /// Every row of the replay that the source has must be accounted for.
    func checkReplay(_ pass: borrowing CopyPass) throws(AttemptFailure) {
        let accounted = pass.counters.migrated + pass.counters.rejectedTotal + pass.filtered
        guard accounted == pass.replay.present.count else {
            throw AttemptFailure(
                .fault,
                side: .worker,
                message: """
                    the sums do not agree: \(pass.job.entity.baseTable) has \(pass.replay.present.count) of the keys, but \
                    \(pass.counters.migrated) were migrated, \(pass.counters.rejectedTotal) rejected and \
                    \(pass.filtered) filtered; a query: must yield each key of the base table exactly once
                    """
            )
        }
    }

    /// Says what became of the rejects that were taken up.
    func settleReplay(_ pass: inout CopyPass) throws(AttemptFailure) {
        let statement = Self.statement(of: pass)
        var statements: [Statement] = []
        for (keys, resolution) in [
            (pass.replay.superseded, RejectResolution.superseded), (pass.replay.gone, .gone),
            (pass.replay.filtered, .filtered),
        ] where !keys.isEmpty {
            statements.append(statement.settle(keys, as: resolution))
        }
        if !pass.replay.reopened.isEmpty { statements.append(statement.reopen(pass.replay.reopened)) }
        for statement in statements {
            try self.on(.target) { () throws(PostgresError) in
                _ = try self.target!.query(statement.sql, statement.parameters)
            }
        }
    }

    private static func statement(of pass: borrowing CopyPass) -> ReplayStatement {
        ReplayStatement(
            run: pass.job.run,
            entity: pass.job.assignment.entity,
            shard: pass.job.assignment.shard
        )
    }
}
