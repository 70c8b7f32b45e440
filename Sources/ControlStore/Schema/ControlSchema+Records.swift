extension ControlSchema {
    /// Rejects, workers, events, suspended objects and the audit tables.
    static let records = UpgradeStep(
        number: 3,
        title: "rejects, workers, events and audit",
        sql: """
            CREATE TABLE godwit.rejects (
                id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                run_id       uuid NOT NULL,
                entity       text NOT NULL,
                shard_id     bigint NOT NULL,
                source_key   bigint NOT NULL,
                reason       text NOT NULL,
                column_name  text,
                detail       text,
                source_row   json,
                created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
                resolved_at  timestamptz,
                resolved_by  bigint
            );
            CREATE INDEX rejects_key ON godwit.rejects (run_id, entity, source_key);
            CREATE INDEX rejects_pending ON godwit.rejects (run_id, entity, source_key)
                WHERE reason = 'parent_pending' AND resolved_at IS NULL;
            COMMENT ON COLUMN godwit.rejects.source_row IS
                'json, not jsonb: it must hold what jsonb refuses, such as \\u0000 and lone surrogates.';
            COMMENT ON COLUMN godwit.rejects.resolved_by IS 'The replay shard that took the row up again.';

            CREATE TABLE godwit.workers (
                incarnation  uuid PRIMARY KEY,
                name         text NOT NULL,
                run_id       uuid,
                host         text NOT NULL,
                pid          integer NOT NULL,
                slots        integer NOT NULL,
                build        text NOT NULL DEFAULT '',
                state        text NOT NULL,
                started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
                last_seen    timestamptz NOT NULL DEFAULT clock_timestamp(),
                counters     jsonb NOT NULL DEFAULT '{}',
                snapshot     text
            );
            COMMENT ON COLUMN godwit.workers.snapshot IS
                'Identifier under which it exports the run''s snapshot, for a new coordinator to import.';

            CREATE TABLE godwit.events (
                id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                at        timestamptz NOT NULL DEFAULT clock_timestamp(),
                run_id    uuid,
                entity    text,
                shard_id  bigint,
                worker    text,
                level     text NOT NULL CHECK (level IN ('info', 'warning', 'error')),
                message   text NOT NULL,
                data      jsonb NOT NULL DEFAULT '{}'
            );
            CREATE INDEX events_run ON godwit.events (run_id, id);

            CREATE TABLE godwit.suspended_objects (
                id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                run_id        uuid NOT NULL,
                entity        text NOT NULL,
                kind          text NOT NULL,
                table_name    text NOT NULL,
                object_name   text NOT NULL,
                restore_sql   text NOT NULL,
                suspended_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
                restored_at   timestamptz
            );
            CREATE INDEX suspended_objects_open ON godwit.suspended_objects (run_id, entity) WHERE restored_at IS NULL;
            COMMENT ON COLUMN godwit.suspended_objects.restore_sql IS
                'Recorded in the transaction that suspends the object, so that it can be restored whatever happens.';

            CREATE TABLE godwit.migration_change_log (
                id                   UUID PRIMARY KEY DEFAULT gen_random_uuid(),
                migration_run_id     UUID NOT NULL,
                entity_type          VARCHAR(100) NOT NULL,
                entity_id            VARCHAR(100) NOT NULL,
                change_type          VARCHAR(50) NOT NULL,
                change_data          JSONB NOT NULL,
                source_timestamp     TIMESTAMP WITH TIME ZONE,
                processed_timestamp  TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
                processing_status    VARCHAR(50) DEFAULT 'completed',
                error_message        TEXT,
                created_at           TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
                shard_id             bigint,
                attempt              integer
            );
            CREATE INDEX migration_change_log_entity
                ON godwit.migration_change_log (migration_run_id, entity_type, entity_id);

            CREATE TABLE godwit.uuid_mapping_ledger (
                id                 UUID PRIMARY KEY DEFAULT gen_random_uuid(),
                entity_type        VARCHAR(100) NOT NULL,
                legacy_id          bigint NOT NULL,
                uuid_value         UUID NOT NULL,
                created_at         TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
                migration_run_id   UUID REFERENCES godwit.migration_runs(id),
                validation_status  VARCHAR(50) DEFAULT 'valid',
                UNIQUE (migration_run_id, entity_type, legacy_id)
            );
            COMMENT ON TABLE godwit.uuid_mapping_ledger IS
                'Mappings written by runs with audit: table; uuid_mapping_audit shows them beside those of the targets.';
            """
    )
}
