extension ControlSchema {
    /// Shards whose halves took their place, and rates of failing rows that an operator has accepted.
    static let splits = UpgradeStep(
        number: 5,
        title: "split shards",
        sql: """
            ALTER TABLE godwit.shards
                ADD COLUMN parent bigint REFERENCES godwit.shards(id) ON DELETE CASCADE,
                ADD COLUMN origin bigint,
                DROP CONSTRAINT shards_state_check,
                ADD CONSTRAINT shards_state_check
                    CHECK (state IN ('pending', 'leased', 'done', 'failed', 'split'));
            CREATE INDEX shards_parent ON godwit.shards (parent) WHERE parent IS NOT NULL;
            COMMENT ON COLUMN godwit.shards.parent IS
                'The shard in whose place this half works; its attempts were used up and its state is split.';
            COMMENT ON COLUMN godwit.shards.origin IS 'The planned shard at the beginning of the halvings.';

            ALTER TABLE godwit.entities ADD COLUMN accepted_error_rate double precision NOT NULL DEFAULT 0;
            COMMENT ON COLUMN godwit.entities.accepted_error_rate IS
                'Share of failing rows at which the circuit breaker last tripped; whoever resumed the run accepted it.';

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
                   coalesce(total.failed_rows, 0) AS failed_rows
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
                         sum(bytes_written)::bigint AS bytes_written,
                         sum(estimated_rows) FILTER (WHERE kind = 'copy' AND state = 'failed')::bigint AS failed_rows
                    FROM godwit.shards
                   WHERE state <> 'split'
                   GROUP BY run_id, entity
              ) AS total ON total.run_id = entity.run_id AND total.entity = entity.name;
            """
    )
}
