extension ControlSchema {
    /// Leadership, runs, snapshots and entities.
    static let runs = UpgradeStep(
        number: 1,
        title: "runs and entities",
        sql: """
            CREATE TABLE godwit.leadership (
                singleton    boolean PRIMARY KEY DEFAULT true CHECK (singleton),
                term         uuid NOT NULL,
                host         text NOT NULL,
                pid          integer NOT NULL,
                backend_pid  integer NOT NULL,
                endpoint     text,
                since        timestamptz NOT NULL DEFAULT clock_timestamp()
            );
            COMMENT ON TABLE godwit.leadership IS
                'The reigning coordinator; every write of a coordinator is conditional on its term.';

            CREATE TABLE godwit.migration_runs (
                id              UUID PRIMARY KEY DEFAULT gen_random_uuid(),
                migration_type  VARCHAR(50) NOT NULL,
                started_at      TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
                completed_at    TIMESTAMP WITH TIME ZONE,
                status          VARCHAR(50) NOT NULL DEFAULT 'running'
                                CHECK (status IN ('running', 'completed', 'failed', 'paused', 'cancelled')),
                configuration   JSONB NOT NULL,
                metrics         JSONB,
                error_details   JSONB,
                created_by      VARCHAR(100) DEFAULT left(session_user, 100),
                updated_at      TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
                number          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
                name            text NOT NULL,
                plan_hash       text NOT NULL,
                plan_text       text NOT NULL,
                status_reason   text,
                based_on        uuid REFERENCES godwit.migration_runs(id),
                source_system   numeric(20),
                snapshot_number integer NOT NULL DEFAULT 0,
                is_mixed        boolean NOT NULL DEFAULT false,
                presence_epoch  integer NOT NULL DEFAULT 0
            );
            CREATE INDEX migration_runs_name ON godwit.migration_runs (name, number DESC);
            COMMENT ON COLUMN godwit.migration_runs.configuration IS 'The resolved plan that workers execute.';
            COMMENT ON COLUMN godwit.migration_runs.based_on IS
                'Of a differential run: the run whose rows it continues.';
            COMMENT ON COLUMN godwit.migration_runs.source_system IS
                'system_identifier of the source cluster: a differential run refuses another one.';
            COMMENT ON COLUMN godwit.migration_runs.is_mixed IS 'Shards were copied under more than one snapshot.';
            COMMENT ON COLUMN godwit.migration_runs.presence_epoch IS
                'Counts the changes of any presence; sets that a worker read at another epoch are read again.';

            CREATE TABLE godwit.snapshots (
                run_id        uuid NOT NULL REFERENCES godwit.migration_runs(id) ON DELETE CASCADE,
                number        integer NOT NULL,
                snapshot_id   text NOT NULL,
                snapshot_lsn  pg_lsn,
                snapshot_xmin numeric(20),
                taken_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
                PRIMARY KEY (run_id, number)
            );
            COMMENT ON COLUMN godwit.snapshots.snapshot_lsn IS
                'WAL position of the source at export; a lower bound for changes a differential run must look at.';
            COMMENT ON COLUMN godwit.snapshots.snapshot_xmin IS
                'pg_snapshot_xmin at export, with epoch: rows of transactions from here on may be missing.';

            CREATE TABLE godwit.snapshot_tables (
                run_id      uuid NOT NULL,
                number      integer NOT NULL,
                table_name  text NOT NULL,
                filenode    bigint NOT NULL,
                PRIMARY KEY (run_id, number, table_name),
                FOREIGN KEY (run_id, number) REFERENCES godwit.snapshots(run_id, number) ON DELETE CASCADE
            );

            CREATE TABLE godwit.entities (
                run_id        uuid NOT NULL REFERENCES godwit.migration_runs(id) ON DELETE CASCADE,
                name          text NOT NULL,
                position      integer NOT NULL,
                phase         text,
                source_table  text NOT NULL,
                target_table  text NOT NULL,
                id_column     text,
                legacy_column text,
                depends_on    text[] NOT NULL DEFAULT '{}',
                stage         text NOT NULL DEFAULT 'waiting' CHECK (stage IN
                              ('waiting', 'preparing', 'copying', 'settled', 'filling', 'complete')),
                losers        bytea,
                started_at    timestamptz,
                settled_at    timestamptz,
                completed_at  timestamptz,
                message       text,
                PRIMARY KEY (run_id, name)
            );
            COMMENT ON COLUMN godwit.entities.losers IS
                'Bitmap of the source keys that lose a unique rule, computed in the snapshot before the load.';
            """
    )
}
