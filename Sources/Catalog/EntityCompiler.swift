import MigrationPlan
import RowPipeline

/// Makes one entity's SELECT and row programs out of what both databases said; asks neither of them.
struct EntityCompiler {
    let plan: Plan
    let entity: EntityPlan
    let source: SourceFacts
    let sourceTypes: TypeCatalog
    let target: CatalogTable
    let targetTypes: TypeCatalog
    let constants: TargetConstants

    var findings: [Finding] = []
    var inputs = ProgramInputs()
    var outputs: [RowProgram.OutputColumn] = []
    var fillInputs = ProgramInputs()
    var fillOutputs: [RowProgram.OutputColumn] = []
    /// Conditions of which one must hold for a row to need the fill pass.
    var fillConditions: [String] = []
    /// How the source tells which rows of a target column are equal.
    var distinctions: [String: Distinction] = [:]
    var overridesIdentity = false
    /// NOT NULL columns of the target whose source column may be NULL.
    var mayLackValues: [String] = []

    init(
        plan: Plan,
        entity: EntityPlan,
        source: SourceFacts,
        sourceTypes: TypeCatalog,
        target: CatalogTable,
        targetTypes: TypeCatalog,
        constants: TargetConstants
    ) {
        self.plan = plan
        self.entity = entity
        self.source = source
        self.sourceTypes = sourceTypes
        self.target = target
        self.targetTypes = targetTypes
        self.constants = constants
    }

    /// The key column of `source`, quoted.
    var key: String { SQLText.identifier(self.entity.key) }

    /// Compiles everything; what is wrong is in `findings` afterwards.
    mutating func compile() -> CompiledEntity {
        let keyInput = self.index(ofKeyIn: \.inputs)
        _ = self.index(ofKeyIn: \.fillInputs)
        self.addIdentity(keyInput: keyInput)
        var mapped = Set([self.entity.id, self.entity.legacy].compactMap { $0 })
        for column in self.entity.columns {
            guard mapped.insert(column.name).inserted else {
                self.error(
                    "column-twice",
                    column.name,
                    "it is filled by `id:` or `legacy:` already",
                    at: column.position
                )
                continue
            }
            self.add(column)
        }
        self.addImplicitColumns(besides: mapped)
        self.noteMissingValues()
        let checkInput = self.addChecks()
        var select = self.select(self.inputs.expressions, besides: nil)
        select.inSessionZone = self.sessionSelect(self.inputs)
        return CompiledEntity(
            program: RowProgram(
                inputs: self.inputs.columns,
                outputs: self.outputs,
                keyInput: keyInput,
                checkInput: checkInput
            ),
            select: select,
            fill: self.fillPass(),
            uniqueRules: self.uniqueRules(),
            stagingColumns: self.outputs.compactMap { self.stagingColumn($0.name) },
            overridesIdentity: self.overridesIdentity
        )
    }

    /// One note for all columns: schemas like Django's allow NULL nearly everywhere.
    private mutating func noteMissingValues() {
        guard !self.mayLackValues.isEmpty else { return }
        let columns = self.mayLackValues.joined(separator: ", ")
        let text = "\(self.entity.name): NOT NULL in the target, but not in the source: \(columns)"
        let hint = "rows with NULL there are rejected as `null_value`; `sql: coalesce(…)` gives them a value"
        self.findings.append(Finding(.note, "nullable-source", text, hint: hint, at: self.entity.position))
    }

    private mutating func index(ofKeyIn inputs: WritableKeyPath<Self, ProgramInputs>) -> Int {
        let sql = "source.\(self.key)::pg_catalog.int8"
        return self[keyPath: inputs]
            .index(
                of: sql,
                name: self.entity.key,
                type: self.sourceTypes.oid(builtIn: "int8") ?? 20,
                inSessionZone: sql
            )
    }

    /// The SELECT of some expressions over the row source.
    func select(_ expressions: [String], besides condition: String?) -> SourceSelect {
        let conditions = [self.filter, condition].compactMap { $0 }
        return SourceSelect(
            expressions: expressions,
            from: self.source.from,
            key: self.key,
            condition: conditions.isEmpty ? nil : conditions.map { "(\($0))" }.joined(separator: " AND ")
        )
    }

    /// The plan's `where:` over the row source; it speaks of the base table, which a query may hide.
    var filter: String? {
        guard let filter = self.entity.filter, self.entity.query != nil else { return self.entity.filter }
        return
            "source.\(self.key) IN (SELECT source.\(self.key) FROM \(self.source.table.sql) AS source WHERE \(filter))"
    }

    private func fillPass() -> FillPass? {
        guard !self.fillOutputs.isEmpty, let id = self.entity.id else { return nil }
        let key = RowProgram.OutputColumn(
            name: id,
            operation: .uuid(input: 0, entity: self.entity.name, asText: false),
            isNullable: false,
            isPersonal: false
        )
        let program = RowProgram(
            inputs: self.fillInputs.columns,
            outputs: [key] + self.fillOutputs,
            keyInput: 0,
            checkInput: nil
        )
        return FillPass(
            program: program,
            select: self.select(self.fillInputs.expressions, besides: self.fillConditions.joined(separator: " OR ")),
            columns: self.fillOutputs.compactMap { self.stagingColumn($0.name) }
        )
    }

    private func stagingColumn(_ name: String) -> StagingColumn? {
        guard let column = self.target.column(named: name),
            let base = self.targetTypes.base(of: column.type, modifier: column.modifier)
        else { return nil }
        if case .enumeration = base.type.kind {
            // As text, so that an unknown label is one row's error and not the staging table's.
            return StagingColumn(name: name, type: "pg_catalog.text", cast: base.type.sql)
        }
        return StagingColumn(name: name, type: base.type.sql)
    }

    /// Adds an output for a target column.
    mutating func output(_ operation: ColumnOperation, into column: CatalogTable.Column, isPersonal: Bool) {
        self.outputs.append(
            RowProgram.OutputColumn(
                name: column.name,
                operation: operation,
                isNullable: !self.refusesNull(column),
                isPersonal: isPersonal
            )
        )
        if column.identity == .always { self.overridesIdentity = true }
    }

    func refusesNull(_ column: CatalogTable.Column) -> Bool {
        column.isNotNull || self.targetTypes.refusesNull(column.type)
    }

    /// Notes an error about a column.
    mutating func error(_ code: String, _ column: String, _ text: String, hint: String? = nil, at position: Position) {
        self.findings.append(Finding(.error, code, "\(self.entity.name).\(column): \(text)", hint: hint, at: position))
    }

    /// Notes a warning about a column.
    mutating func warning(_ code: String, _ column: String, _ text: String, hint: String? = nil, at position: Position)
    {
        self.findings.append(
            Finding(.warning, code, "\(self.entity.name).\(column): \(text)", hint: hint, at: position)
        )
    }
}
