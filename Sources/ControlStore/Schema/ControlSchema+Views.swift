extension ControlSchema {
    /// Sums over shards, and the audit view before any run has targets to show.
    static let views = UpgradeStep(
        number: 4,
        title: "views",
        sql: """
            CREATE VIEW godwit.entity_totals AS
            SELECT entity.run_id,
                   entity.name AS entity,
                   entity.position,
                   entity.phase,
                   entity.stage,
                   entity.source_table,
                   entity.target_table,
                   entity.started_at,
                   entity.settled_at,
                   entity.completed_at,
                   coalesce(total.shards, 0) AS shards,
                   coalesce(total.pending, 0) AS pending,
                   coalesce(total.leased, 0) AS leased,
                   coalesce(total.done, 0) AS done,
                   coalesce(total.failed, 0) AS failed,
                   coalesce(total.source_rows, 0) AS source_rows,
                   coalesce(total.migrated, 0) AS migrated,
                   coalesce(total.rejected, 0) AS rejected,
                   coalesce(total.filtered, 0) AS filtered,
                   coalesce(total.estimated_rows, 0) AS estimated_rows,
                   coalesce(total.estimated_bytes, 0) AS estimated_bytes,
                   coalesce(total.bytes_read, 0) AS bytes_read,
                   coalesce(total.bytes_written, 0) AS bytes_written
              FROM godwit.entities AS entity
              LEFT JOIN (
                  SELECT run_id,
                         entity,
                         count(*) AS shards,
                         count(*) FILTER (WHERE state = 'pending') AS pending,
                         count(*) FILTER (WHERE state = 'leased') AS leased,
                         count(*) FILTER (WHERE state = 'done') AS done,
                         count(*) FILTER (WHERE state = 'failed') AS failed,
                         sum(source_rows)::bigint AS source_rows,
                         sum(migrated)::bigint AS migrated,
                         sum(rejected)::bigint AS rejected,
                         sum(filtered)::bigint AS filtered,
                         sum(estimated_rows) FILTER (WHERE kind = 'copy')::bigint AS estimated_rows,
                         sum(estimated_bytes) FILTER (WHERE kind = 'copy')::bigint AS estimated_bytes,
                         sum(bytes_read)::bigint AS bytes_read,
                         sum(bytes_written)::bigint AS bytes_written
                    FROM godwit.shards
                   GROUP BY run_id, entity
              ) AS total ON total.run_id = entity.run_id AND total.entity = entity.name;

            CREATE VIEW godwit.uuid_mapping_audit AS
            SELECT id, entity_type, legacy_id, uuid_value, created_at, migration_run_id, validation_status
              FROM godwit.uuid_mapping_ledger;
            """
    )
}
