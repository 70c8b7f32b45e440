extension ControlSchema {
    /// What finds a suspended object under another name, or its table, and how an operator gives one up.
    static let objects = UpgradeStep(
        number: 16,
        title: "identities of suspended objects",
        sql: """
            ALTER TABLE godwit.suspended_objects
                ADD COLUMN table_oid oid,
                ADD COLUMN trigger_oid oid,
                ADD COLUMN column_numbers integer[],
                ADD COLUMN given_up text;
            COMMENT ON COLUMN godwit.suspended_objects.table_oid IS
                'The table, whatever it is called by now; NULL where an older version has recorded the object.';
            COMMENT ON COLUMN godwit.suspended_objects.trigger_oid IS
                'The trigger, whatever it is called by now.';
            COMMENT ON COLUMN godwit.suspended_objects.column_numbers IS
                'Columns of the table that the object needs: with any of them PostgreSQL drops it.';
            COMMENT ON COLUMN godwit.suspended_objects.given_up IS
                'Why an operator has said that it need not come back; restored_at is when.';
            """
    )
}
