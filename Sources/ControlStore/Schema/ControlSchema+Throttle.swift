extension ControlSchema {
    /// Limits that an operator sets while a run goes on.
    static let throttle = UpgradeStep(
        number: 14,
        title: "an operator's throttle",
        sql: """
            ALTER TABLE godwit.migration_runs ADD COLUMN throttle jsonb;
            COMMENT ON COLUMN godwit.migration_runs.throttle IS
                'What an operator allows the run to take of the databases; NULL while the plan''s limits hold.';
            """
    )
}
