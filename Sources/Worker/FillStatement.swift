import Catalog
import ControlProtocol
import ControlStore
import Postgres
import Scheduling

/// What a fill pass asks the target where its references have not all got to their rows.
enum FillStatement {
    /// How many of the keys have a row in the target and no open reject; nil where the target keeps no source keys.
    static func unrejected(_ keys: [Int64], _ job: ShardJob) -> Statement? {
        guard let legacy = job.entity.legacyColumn else { return nil }
        return Statement(
            """
            SELECT count(DISTINCT target.\(legacy)) FROM \(job.entity.targetTable) AS target
             WHERE target.\(legacy) = ANY ($1::int8[])
               AND NOT EXISTS (SELECT FROM godwit.rejects AS reject
                                WHERE reject.run_id = $2::uuid AND reject.entity = $3
                                  AND reject.source_key = target.\(legacy) AND reject.resolved_at IS NULL)
            """,
            [.integers(keys), .text(job.run.description), .text(job.assignment.entity.rawValue)]
        )
    }

    /// Triggers of a table that come before its rows, of which one may have changed a row or left it out.
    ///
    /// Bits of `tgtype`: 1 for each row, 2 before, 4 insert, 16 update
    /// (https://www.postgresql.org/docs/15/catalog-pg-trigger.html).
    static func triggers(of table: String) -> Statement {
        Statement(
            """
            SELECT tgname FROM pg_catalog.pg_trigger
             WHERE tgrelid = $1::regclass AND NOT tgisinternal AND tgenabled IN ('O', 'A')
               AND tgtype & 3 = 3 AND tgtype & 20 <> 0
             ORDER BY tgname
            """,
            [.text(table)]
        )
    }
}
