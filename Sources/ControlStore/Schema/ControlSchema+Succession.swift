extension ControlSchema {
    /// What a standby needs to know of the leader.
    static let succession = UpgradeStep(
        number: 7,
        title: "succession of coordinators",
        sql: """
            ALTER TABLE godwit.leadership
                ADD COLUMN renewed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                ADD COLUMN run_id uuid;
            COMMENT ON COLUMN godwit.leadership.renewed_at IS
                'When the leader last said that it lives; a standby takes over from one that is silent for too long.';
            COMMENT ON COLUMN godwit.leadership.run_id IS
                'The run it leads or led, for the standby that takes over.';
            """
    )
}
