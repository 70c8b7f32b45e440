extension ControlSchema {
    /// Gives the roles `godwit_worker` and `godwit_operator`, where there are such, what they need and no more.
    ///
    /// Run by the owner of the schema at every start of a coordinator, so that the rights are always those of the
    /// installed version: docs/security.md. A worker may not touch leadership, keys, runs or the plan; what it may change of a
    /// shard is what the fence, a renewal and a release change, and a rest that it leaves to others it may add.
    static let roleGrants = """
        DO $$
        BEGIN
            IF NOT pg_has_role((SELECT nspowner FROM pg_namespace WHERE nspname = 'godwit'), 'USAGE') THEN
                RETURN;
            END IF;
            IF to_regrole('godwit_worker') IS NOT NULL THEN
                GRANT USAGE ON SCHEMA godwit TO godwit_worker;
                GRANT SELECT ON godwit.schema_version, godwit.leadership, godwit.migration_runs, godwit.entities,
                    godwit.shards, godwit.attempts, godwit.shard_presence, godwit.uuid_mapping_ledger TO godwit_worker;
                GRANT SELECT (id, run_id, entity, shard_id, source_key, reason, column_name, resolved_at, resolved_by,
                    resolution, tries), INSERT, UPDATE (detail, source_row, parent_entity, parent_key, resolved_at,
                    resolved_by, resolution, tries, tried_at, purged_at) ON godwit.rejects TO godwit_worker;
                GRANT UPDATE (state, lease, lease_until, finished_at, source_rows, migrated, rejected, filtered, adjusted,
                    bytes_read, bytes_written, timings, highest_key, merges, plan_revision, error_class, sql_state, message,
                    upper_key, estimated_rows, estimated_bytes),
                    INSERT (run_id, entity, kind, lower_key, upper_key, estimated_rows, estimated_bytes, parent, origin)
                    ON godwit.shards TO godwit_worker;
                GRANT UPDATE (ended_at, outcome) ON godwit.attempts TO godwit_worker;
                GRANT SELECT, UPDATE (steps_done, restored_at) ON godwit.suspended_objects TO godwit_worker;
                GRANT INSERT, UPDATE (presence) ON godwit.shard_presence TO godwit_worker;
                GRANT INSERT, UPDATE (uuid_value), DELETE ON godwit.uuid_mapping_ledger TO godwit_worker;
                GRANT INSERT ON godwit.migration_change_log TO godwit_worker;
                GRANT SELECT (incarnation, run_id, state, drain_asked_at, drain_seconds, left_at), UPDATE (left_at)
                    ON godwit.workers TO godwit_worker;
                GRANT EXECUTE ON ALL ROUTINES IN SCHEMA godwit TO godwit_worker;
            END IF;
            IF to_regrole('godwit_operator') IS NOT NULL THEN
                GRANT USAGE ON SCHEMA godwit TO godwit_operator;
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA godwit TO godwit_operator;
                REVOKE INSERT, UPDATE, DELETE ON godwit.leadership, godwit.schema_version, godwit.suspended_objects
                    FROM godwit_operator;
                GRANT EXECUTE ON ALL ROUTINES IN SCHEMA godwit TO godwit_operator;
            END IF;
        END
        $$;
        """
}
