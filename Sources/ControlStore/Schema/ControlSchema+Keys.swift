extension ControlSchema {
    /// Whose CURVE keys are let in.
    static let keys = UpgradeStep(
        number: 6,
        title: "keys of the workers",
        sql: """
            CREATE TABLE godwit.keys (
                public_key     text PRIMARY KEY CHECK (length(public_key) = 40),
                name           text NOT NULL CHECK (name ~ '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$' AND name <> 'coordinator'),
                authorised_by  text NOT NULL DEFAULT session_user,
                authorised_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
                revoked_by     text,
                revoked_at     timestamptz,
                CHECK ((revoked_by IS NULL) = (revoked_at IS NULL))
            );
            CREATE UNIQUE INDEX keys_name ON godwit.keys (name) WHERE revoked_at IS NULL;
            COMMENT ON TABLE godwit.keys IS
                'Public CURVE keys of the workers; a revoked one stays, so that it never comes back unnoticed.';
            COMMENT ON COLUMN godwit.keys.name IS
                'The worker''s name, or what comes before the - of the names of several: the host''s, say.';

            ALTER TABLE godwit.workers ADD public_key text;
            COMMENT ON COLUMN godwit.workers.public_key IS 'The CURVE key it said HELLO with, NULL without keys.';
            """
    )
}
