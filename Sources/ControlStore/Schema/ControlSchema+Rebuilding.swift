extension ControlSchema {
    /// Indexes and constraints that are off during a load, and the shards that build them again.
    ///
    /// Such a shard, a *task*, moves no rows, so the sums over shards leave it out; `entity_totals` counts tasks apart.
    static let rebuilding = UpgradeStep(
        number: 13,
        title: "indexes and constraints rebuilt after the load",
        sql: """
            ALTER TABLE godwit.suspended_objects
                ADD COLUMN steps jsonb,
                ADD COLUMN steps_done integer NOT NULL DEFAULT 0;
            UPDATE godwit.suspended_objects
               SET steps = jsonb_build_array(jsonb_build_object('kind', kind, 'sql', restore_sql)),
                   steps_done = CASE WHEN restored_at IS NULL THEN 0 ELSE 1 END;
            ALTER TABLE godwit.suspended_objects
                ALTER COLUMN steps SET NOT NULL,
                DROP COLUMN restore_sql,
                ADD CONSTRAINT suspended_objects_steps_check
                    CHECK ((steps_done = jsonb_array_length(steps)) = (restored_at IS NOT NULL)
                           AND steps_done BETWEEN 0 AND jsonb_array_length(steps));
            COMMENT ON COLUMN godwit.suspended_objects.steps IS
                'Statements that bring it back, in order: [{"kind": "index|constraint|validate|trigger", "sql": …}]. Recorded in the transaction that suspends the object, so that it can be restored whatever happens.';
            COMMENT ON COLUMN godwit.suspended_objects.steps_done IS
                'So many of the steps are done; each is one transaction with the step itself.';

            ALTER TABLE godwit.shards
                ADD COLUMN object_id bigint REFERENCES godwit.suspended_objects(id) ON DELETE CASCADE,
                DROP CONSTRAINT shards_kind_check,
                ADD CONSTRAINT shards_kind_check
                    CHECK (kind IN ('copy', 'fill', 'replay', 'index', 'constraint', 'validate')),
                ADD CONSTRAINT shards_object_check
                    CHECK ((kind IN ('index', 'constraint', 'validate')) = (object_id IS NOT NULL));
            CREATE INDEX shards_object ON godwit.shards (object_id) WHERE object_id IS NOT NULL;
            COMMENT ON COLUMN godwit.shards.object_id IS
                'What a task (kind index, constraint or validate) brings back by one step; it has no keys and moves no rows.';

            CREATE OR REPLACE VIEW godwit.entity_totals AS
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
                   coalesce(total.bytes_written, 0) AS bytes_written,
                   coalesce(total.failed_rows, 0) AS failed_rows,
                   coalesce(total.tasks_pending, 0) AS tasks_pending,
                   coalesce(total.tasks_leased, 0) AS tasks_leased,
                   coalesce(total.tasks_done, 0) AS tasks_done,
                   coalesce(total.tasks_failed, 0) AS tasks_failed
              FROM godwit.entities AS entity
              LEFT JOIN (
                  SELECT run_id,
                         entity,
                         count(*) FILTER (WHERE object_id IS NULL) AS shards,
                         count(*) FILTER (WHERE object_id IS NULL AND state = 'pending') AS pending,
                         count(*) FILTER (WHERE object_id IS NULL AND state = 'leased') AS leased,
                         count(*) FILTER (WHERE object_id IS NULL AND state = 'done') AS done,
                         count(*) FILTER (WHERE object_id IS NULL AND state = 'failed') AS failed,
                         sum(source_rows)::bigint AS source_rows,
                         sum(migrated)::bigint AS migrated,
                         sum(rejected)::bigint AS rejected,
                         sum(filtered)::bigint AS filtered,
                         sum(estimated_rows) FILTER (WHERE kind = 'copy')::bigint AS estimated_rows,
                         sum(estimated_bytes) FILTER (WHERE kind = 'copy')::bigint AS estimated_bytes,
                         sum(bytes_read)::bigint AS bytes_read,
                         sum(bytes_written)::bigint AS bytes_written,
                         sum(estimated_rows) FILTER (WHERE kind = 'copy' AND state = 'failed')::bigint AS failed_rows,
                         count(*) FILTER (WHERE object_id IS NOT NULL AND state = 'pending') AS tasks_pending,
                         count(*) FILTER (WHERE object_id IS NOT NULL AND state = 'leased') AS tasks_leased,
                         count(*) FILTER (WHERE object_id IS NOT NULL AND state = 'done') AS tasks_done,
                         count(*) FILTER (WHERE object_id IS NOT NULL AND state = 'failed') AS tasks_failed
                    FROM godwit.shards
                   WHERE state <> 'split'
                   GROUP BY run_id, entity
              ) AS total ON total.run_id = entity.run_id AND total.entity = entity.name;
            """
    )
}
