extension ControlSchema {
    /// What operators ask for: who leaves, why nothing is granted, what is done again.
    static let control = UpgradeStep(
        number: 9,
        title: "drains, pauses and merges",
        sql: """
            ALTER TABLE godwit.workers
                ADD drain_asked_at timestamptz,
                ADD drain_seconds double precision;
            COMMENT ON COLUMN godwit.workers.drain_asked_at IS
                'An operator wants it to leave; it does, within drain_seconds from then.';

            ALTER TABLE godwit.migration_runs
                ADD pause_cause text,
                ADD status_by text;
            COMMENT ON COLUMN godwit.migration_runs.pause_cause IS 'Why nothing is granted, as the runbook names it.';
            COMMENT ON COLUMN godwit.migration_runs.status_by IS
                'The operator who set the status: user, host and role; NULL where a coordinator did.';

            ALTER TABLE godwit.shards ADD merges boolean NOT NULL DEFAULT false;
            CREATE INDEX shards_merging ON godwit.shards (run_id) WHERE merges;
            COMMENT ON COLUMN godwit.shards.merges IS
                'Its rows were committed before: the next attempt inserts what is missing and updates what differs.';
            """
    )
}
