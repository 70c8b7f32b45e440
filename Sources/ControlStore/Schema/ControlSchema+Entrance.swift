extension ControlSchema {
    /// Whom the leader lets in.
    static let entrance = UpgradeStep(
        number: 12,
        title: "keys that the leader asks for",
        sql: """
            ALTER TABLE godwit.leadership ADD COLUMN requires_keys boolean NOT NULL DEFAULT false;
            COMMENT ON COLUMN godwit.leadership.requires_keys IS
                'Whether it listens for workers with keys only, so that one without knows why nobody answers.';
            """
    )
}
