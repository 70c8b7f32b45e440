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
                   count(shard.id) AS shards,
                   count(*) FILTER (WHERE shard.state = 'pending') AS pending,
                   count(*) FILTER (WHERE shard.state = 'leased') AS leased,
                   count(*) FILTER (WHERE shard.state = 'done') AS done,
                   count(*) FILTER (WHERE shard.state = 'failed') AS failed,
                   coalesce(sum(shard.source_rows), 0)::bigint AS source_rows,
                   coalesce(sum(shard.migrated), 0)::bigint AS migrated,
                   coalesce(sum(shard.rejected), 0)::bigint AS rejected,
                   coalesce(sum(shard.filtered), 0)::bigint AS filtered,
                   coalesce(sum(shard.estimated_rows) FILTER (WHERE shard.kind = 'copy'), 0)::bigint AS estimated_rows,
                   coalesce(sum(shard.estimated_bytes) FILTER (WHERE shard.kind = 'copy'), 0)::bigint AS estimated_bytes,
                   coalesce(sum(shard.bytes_read), 0)::bigint AS bytes_read,
                   coalesce(sum(shard.bytes_written), 0)::bigint AS bytes_written
              FROM godwit.entities AS entity
              LEFT JOIN godwit.shards AS shard ON shard.run_id = entity.run_id AND shard.entity = entity.name
             GROUP BY entity.run_id, entity.name;

            CREATE VIEW godwit.uuid_mapping_audit AS
            SELECT id, entity_type, legacy_id, uuid_value, created_at, migration_run_id, validation_status
              FROM godwit.uuid_mapping_ledger;
            """
    )
}
