import Catalog
import ControlProtocol
import Postgres
import Scheduling

/// Before a slot reads or writes a row it makes sure that both tables still have the types that the plan was resolved with.
///
/// Binary COPY takes whatever has the right length. The description holds until the transaction ends, or goes back before
/// it, because it locks what it describes against ALTER TABLE.
extension ShardSlot {
    /// Describes the row source, in the source's own transaction.
    func proveSource(_ job: ShardJob) throws(AttemptFailure) {
        guard let query = job.entity.sourceShapeQuery else { return }
        try self.prove(query, .source, of: job)
    }

    /// Describes the target table, in the transaction that will write to it.
    func proveTarget(_ job: ShardJob) throws(AttemptFailure) {
        guard let query = job.entity.targetShapeQuery else { return }
        // The lock that COPY takes, taken before a weaker one.
        try self.on(.target) { () throws(PostgresError) in
            try self.target!.execute("LOCK TABLE ONLY \(job.entity.targetTable) IN ROW EXCLUSIVE MODE")
        }
        try self.prove(query, .target, of: job)
    }

    private func prove(_ query: ShapeQuery, _ side: AttemptFailure.Side, of job: ShardJob) throws(AttemptFailure) {
        let results = try self.ask(query.statements, side)
        let changes = query.changes(results)
        guard let first = changes.first else { return }
        let names = try self.ask([ShapeQuery.typeNames(of: [first])], side).first?.first
        let table = side == .source ? job.entity.baseTable : job.entity.targetTable
        let others = changes.count > 1 ? " (and \(changes.count - 1) more)" : ""
        throw AttemptFailure(
            .schema,
            side: side,
            sqlState: .datatypeMismatch,
            message: """
                \(first.sql) of the \(side.rawValue)'s table \(table) was \(names?.text(0) ?? "?") when the run's plan was \
                resolved and is \(names?.text(1) ?? "?") now\(others); nothing of this shard was written. Give it its type \
                back, then `godwit retry --failed`; or `godwit cancel` the run and begin anew
                """
        )
    }

    private func ask(_ statements: [String], _ side: AttemptFailure.Side) throws(AttemptFailure) -> [QueryResult] {
        try self.on(side) { () throws(PostgresError) in
            var results: [QueryResult] = []
            for statement in statements {
                results.append(
                    side == .source ? try self.source!.query(statement) : try self.target!.query(statement)
                )
            }
            return results
        }
    }
}
