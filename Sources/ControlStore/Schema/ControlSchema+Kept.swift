extension ControlSchema {
    /// Rejects of rows that a merge found changed and could not bring.
    static let kept = UpgradeStep(
        number: 11,
        title: "rejects of merges",
        sql: """
            ALTER TABLE godwit.rejects ADD is_kept boolean NOT NULL DEFAULT false;
            COMMENT ON COLUMN godwit.rejects.is_kept IS
                'An earlier version of the row is in the target: a merge rejected the row as it is now, and deletes nothing. Its replay merges.';
            """
    )
}
