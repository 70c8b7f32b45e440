extension ControlSchema {
    /// Shards, their attempts and their presence bitmaps.
    ///
    /// `shards` stays narrow: renewals rewrite a row every ten seconds and status sums over all of them, so the bitmaps
    /// live in `shard_presence`, written once by the fence. `lease_until` is in no index, which keeps renewals HOT;
    /// the few leased rows are found through a partial index on the state.
    static let shards = UpgradeStep(
        number: 2,
        title: "shards and attempts",
        sql: """
            CREATE TABLE godwit.shards (
                id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                run_id          uuid NOT NULL,
                entity          text NOT NULL,
                kind            text NOT NULL CHECK (kind IN ('copy', 'fill', 'replay')),
                lower_key       bigint,
                upper_key       bigint,
                keys            bigint[],
                estimated_rows  bigint NOT NULL DEFAULT 0,
                estimated_bytes bigint NOT NULL DEFAULT 0,
                state           text NOT NULL DEFAULT 'pending'
                                CHECK (state IN ('pending', 'leased', 'done', 'failed')),
                attempt         integer NOT NULL DEFAULT 0,
                failed_attempts integer NOT NULL DEFAULT 0,
                not_before      timestamptz,
                lease           uuid,
                lease_until     timestamptz,
                worker          text,
                incarnation     uuid,
                snapshot        integer,
                leased_at       timestamptz,
                finished_at     timestamptz,
                source_rows     bigint NOT NULL DEFAULT 0,
                migrated        bigint NOT NULL DEFAULT 0,
                rejected        bigint NOT NULL DEFAULT 0,
                filtered        bigint NOT NULL DEFAULT 0,
                adjusted        jsonb NOT NULL DEFAULT '{}',
                bytes_read      bigint NOT NULL DEFAULT 0,
                bytes_written   bigint NOT NULL DEFAULT 0,
                timings         jsonb,
                error_class     text,
                sql_state       text,
                message         text,
                highest_key     bigint,
                source_digest_high bigint,
                source_digest_low  bigint,
                target_digest_high bigint,
                target_digest_low  bigint,
                FOREIGN KEY (run_id, entity) REFERENCES godwit.entities(run_id, name) ON DELETE CASCADE,
                CHECK (state <> 'leased' OR (lease IS NOT NULL AND lease_until IS NOT NULL)),
                CHECK ((kind = 'replay') = (keys IS NOT NULL))
            ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
            CREATE INDEX shards_range ON godwit.shards (run_id, entity, kind, lower_key);
            CREATE INDEX shards_pending ON godwit.shards (run_id, entity) WHERE state = 'pending';
            CREATE INDEX shards_failed ON godwit.shards (run_id, entity) WHERE state = 'failed';
            CREATE UNIQUE INDEX shards_leased ON godwit.shards (lease) WHERE state = 'leased';
            COMMENT ON COLUMN godwit.shards.attempt IS 'Number of grants so far.';
            COMMENT ON COLUMN godwit.shards.failed_attempts IS
                'Attempts that failed on their own rows since the last retry; only these are used up.';
            COMMENT ON COLUMN godwit.shards.rejected IS
                'Rejects written, less the earlier rejects a replay resolved: negative there, so that sums stay true.';
            COMMENT ON COLUMN godwit.shards.source_digest_high IS
                'Order-independent 128-bit digest of the range: the sum over the rows'' hashes, modulo 2^64 a half.';
            COMMENT ON COLUMN godwit.shards.highest_key IS 'Highest source key seen, migrated or not.';

            CREATE TABLE godwit.attempts (
                shard_id     bigint NOT NULL REFERENCES godwit.shards(id) ON DELETE CASCADE,
                number       integer NOT NULL,
                lease        uuid NOT NULL UNIQUE,
                worker       text NOT NULL,
                incarnation  uuid NOT NULL,
                started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
                ended_at     timestamptz,
                outcome      text CHECK (outcome IN ('done', 'failed', 'disturbed', 'released', 'expired', 'cancelled')),
                error_class  text,
                sql_state    text,
                message      text,
                PRIMARY KEY (shard_id, number)
            );
            COMMENT ON COLUMN godwit.attempts.outcome IS
                'disturbed: failed on its surroundings, which uses up no attempt; released: given back by the worker.';

            CREATE TABLE godwit.shard_presence (
                shard_id  bigint PRIMARY KEY REFERENCES godwit.shards(id) ON DELETE CASCADE,
                run_id    uuid NOT NULL,
                entity    text NOT NULL,
                presence  bytea NOT NULL
            );
            ALTER TABLE godwit.shard_presence ALTER presence SET STORAGE EXTERNAL;
            CREATE INDEX shard_presence_entity ON godwit.shard_presence (run_id, entity, shard_id);
            COMMENT ON COLUMN godwit.shard_presence.presence IS 'Source keys that are in the target.';
            """
    )
}
