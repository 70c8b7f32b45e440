/// A typed migration plan: what `PlanLoader` makes of one YAML file.
///
/// A plan says what moves where; it knows neither database. `Catalog` resolves it against both.
package struct Plan: Sendable, Equatable {
    package var name: String
    package var source: SourceSettings
    package var target: TargetSettings
    package var uuid: UUIDSettings
    package var run: RunSettings
    /// The phases in order, as the plan lists them; empty when they are derived from the references.
    package var phases: [String]
    /// Where the list of phases stands.
    package var phasesPosition = Position.none
    /// The entities in the order in which the file names them.
    package var entities: [EntityPlan]
    package var rules: [BusinessRule]
    package var metrics: [BusinessMetric]
    /// The YAML text as it was read; workers get it from the control schema.
    package var text: String
    /// SHA-256 of the text, 64 lowercase hexadecimal digits; a resumed run must present the same.
    package var hash: String

    package init(
        name: String,
        source: SourceSettings,
        target: TargetSettings,
        uuid: UUIDSettings,
        run: RunSettings,
        phases: [String],
        entities: [EntityPlan],
        rules: [BusinessRule],
        metrics: [BusinessMetric],
        text: String,
        hash: String
    ) {
        self.name = name
        self.source = source
        self.target = target
        self.uuid = uuid
        self.run = run
        self.phases = phases
        self.entities = entities
        self.rules = rules
        self.metrics = metrics
        self.text = text
        self.hash = hash
    }

    /// The entity of that name.
    package func entity(named name: String) -> EntityPlan? {
        self.entities.first { $0.name == name }
    }
}
