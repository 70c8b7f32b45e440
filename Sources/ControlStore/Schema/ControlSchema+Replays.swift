extension ControlSchema {
    /// Replays of rejects that an operator asks for, and the revisions of a run's plan.
    static let replays = UpgradeStep(
        number: 8,
        title: "replays and plan revisions",
        sql: """
            ALTER TABLE godwit.rejects
                ADD parent_entity text,
                ADD parent_key    bigint,
                ADD resolution    text CHECK (resolution IN ('migrated', 'superseded', 'gone', 'filtered')),
                ADD tries         integer NOT NULL DEFAULT 0,
                ADD tried_at      timestamptz,
                ADD purged_at     timestamptz;
            COMMENT ON COLUMN godwit.rejects.parent_entity IS 'The entity of the row it refers to in vain.';
            COMMENT ON COLUMN godwit.rejects.parent_key IS
                'The key of that row; NULL where the reference is a personal column.';
            COMMENT ON COLUMN godwit.rejects.resolution IS
                'superseded: rejected again, for another reason; gone: the source has no such row any more.';
            COMMENT ON COLUMN godwit.rejects.tries IS 'Replays that ended with the same verdict.';
            COMMENT ON COLUMN godwit.rejects.purged_at IS 'When the stored source row was removed.';
            CREATE INDEX rejects_parent ON godwit.rejects (run_id, parent_entity, parent_key)
                WHERE resolved_at IS NULL AND parent_entity IS NOT NULL;
            CREATE INDEX rejects_resolved ON godwit.rejects (resolved_by) WHERE resolved_by IS NOT NULL;

            ALTER TABLE godwit.migration_runs ADD plan_revision integer NOT NULL DEFAULT 1;
            COMMENT ON COLUMN godwit.migration_runs.plan_revision IS
                'Which version of the plan hash, text and configuration are; older ones are in plan_revisions.';

            ALTER TABLE godwit.shards
                ADD needs_snapshot integer,
                ADD plan_revision  integer;
            CREATE INDEX shards_waiting ON godwit.shards (run_id, id) WHERE state = 'pending' AND needs_snapshot IS NOT NULL;
            COMMENT ON COLUMN godwit.shards.needs_snapshot IS
                'Number of the oldest snapshot it may read: a replay must see what was corrected in the source.';
            COMMENT ON COLUMN godwit.shards.plan_revision IS 'The version of the plan it was done with.';

            CREATE TABLE godwit.plan_revisions (
                run_id         uuid NOT NULL REFERENCES godwit.migration_runs(id) ON DELETE CASCADE,
                number         integer NOT NULL,
                plan_hash      text NOT NULL,
                plan_text      text NOT NULL,
                configuration  jsonb NOT NULL,
                changes        text[] NOT NULL DEFAULT '{}',
                created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
                created_by     text NOT NULL DEFAULT session_user,
                PRIMARY KEY (run_id, number)
            );
            COMMENT ON TABLE godwit.plan_revisions IS
                'Every version of a plan that was corrected during its run, the first included.';
            """
    )
}
