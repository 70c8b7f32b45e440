extension ControlSchema {
    /// Stages of entities whose indexes and foreign keys are off during the load.
    static let stages = UpgradeStep(
        number: 15,
        title: "stages for rebuilding",
        sql: """
            ALTER TABLE godwit.entities
                DROP CONSTRAINT entities_stage_check,
                ADD CONSTRAINT entities_stage_check CHECK (stage IN
                    ('waiting', 'preparing', 'copying', 'indexing', 'settled', 'filling', 'constraining', 'complete'));
            """
    )
}
