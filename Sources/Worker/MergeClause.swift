import Catalog
import ControlStore
import MigrationPlan
import Postgres
import RowPipeline
import Scheduling

/// What becomes of a row that is in the target already: it gets the values it should have, if it is this entity's.
struct MergeClause {
    private let entity: ResolvedEntity
    private let key: MergeKey
    /// Statement's head that logs each written row; nil where the plan keeps no log of rows.
    private let log: RowLog?

    init(_ entity: ResolvedEntity, _ key: MergeKey, log: RowLog?) {
        self.entity = entity
        self.key = key
        self.log = log
    }

    /// INSERT with the clause, and with the log.
    ///
    /// Values are compared by their image: `=` finds citext of another case, and numerics of another scale, equal, and
    /// json has none (https://www.postgresql.org/docs/15/functions-comparisons.html#COMPOSITE-TYPE-COMPARISON).
    func applied(to insert: String) -> String {
        let columns = self.columns
        let action =
            columns.isEmpty
            ? "DO NOTHING"
            : """
            DO UPDATE SET \(columns.map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
             WHERE \(self.isOurs("excluded")) AND ROW(\(Self.list("merged", columns)))::record
                   OPERATOR(pg_catalog.*<>) ROW(\(Self.list("excluded", columns)))::record
            """
        let merge = "\(insert) ON CONFLICT (\(self.key.column)) \(action)"
        return self.log.map { $0.wrapping(merge) } ?? merge
    }

    /// Whether `merged`, a row of the target, is the one that another row, under its alias, speaks of.
    ///
    /// A computed UUID must agree as well: under another one nobody would find the row. The key is never NULL in a row
    /// that is merged, and `=` on it lets an anti-join use its index, which IS NOT DISTINCT FROM does not.
    func isOurs(_ other: String) -> String {
        var others: [String] = []
        if let legacy = self.entity.legacyColumn, legacy != self.key.column { others.append(legacy) }
        if let id = self.entity.idColumn, id != self.key.column, self.entity.computesIDs { others.append(id) }
        let conditions =
            ["merged.\(self.key.column) = \(other).\(self.key.column)"]
            + others.map { "merged.\($0) IS NOT DISTINCT FROM \(other).\($0)" }
        return conditions.joined(separator: " AND ")
    }

    /// Those that may change: no key, none the server fills, none that a second pass fills.
    private var columns: [String] {
        let keys = [self.key.column, self.entity.legacyColumn, self.entity.idColumn]
            .compactMap { $0.map(MergeKey.bare) }
        let fixed = self.key.fixedColumns.union(keys).union(self.entity.fill?.columns.map(\.name) ?? [])
        return self.entity.stagingColumns.map(\.name).filter { !fixed.contains($0) }.map { quoteIdentifier($0) }
    }

    private static func list(_ alias: String, _ columns: [String]) -> String {
        columns.map { "\(alias).\($0)" }.joined(separator: ", ")
    }
}

extension MergeClause {
    /// `change_log: rows`: what a merge wrote, row by row.
    struct RowLog {
        let job: ShardJob
        let id: String
        let legacy: String

        /// Nil where the plan keeps no log of rows, or the target no source keys.
        init?(_ job: ShardJob) {
            guard job.plan.policy.changeLog == .rows, let id = job.entity.idColumn,
                let legacy = job.entity.legacyColumn
            else { return nil }
            self.job = job
            self.id = id
            self.legacy = legacy
        }

        func wrapping(_ insert: String) -> String {
            """
            WITH written AS (
                \(insert) RETURNING merged.\(self.id) AS id, merged.\(self.legacy) AS legacy, merged.xmax = 0 AS is_new
            )
            INSERT INTO godwit.migration_change_log
                   (migration_run_id, entity_type, entity_id, change_type, change_data, shard_id, attempt)
            SELECT '\(self.job.run)', \(quoteLiteral(self.job.entity.name)), legacy,
                   CASE WHEN is_new THEN 'insert' ELSE 'update' END, jsonb_build_object('id', id),
                   \(self.job.assignment.shard.rawValue), \(self.job.assignment.attempt)
              FROM written
            """
        }
    }
}

extension ResolvedEntity {
    /// Whether the same key always has the same UUID.
    var computesIDs: Bool {
        switch self.identity.strategy {
        case .ordered, .v5: true
        case .v4, .v7, .stored: false
        }
    }
}
