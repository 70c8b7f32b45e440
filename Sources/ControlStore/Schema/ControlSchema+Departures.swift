extension ControlSchema {
    /// Workers that say themselves that they leave.
    static let departures = UpgradeStep(
        number: 10,
        title: "departures of workers",
        sql: """
            ALTER TABLE godwit.workers ADD left_at timestamptz;
            COMMENT ON COLUMN godwit.workers.left_at IS
                'When the process said that it leaves, the only column a worker writes itself; state is the coordinator''s.';
            """
    )
}
