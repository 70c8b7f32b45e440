import MigrationPlan
import RowPipeline

extension EntityCompiler {
    /// The compiled form of a reference; its ids and conditions become inputs of the given program.
    mutating func reference(
        _ plan: ReferencePlan,
        _ column: ColumnPlan,
        into inputs: WritableKeyPath<Self, ProgramInputs>
    ) -> ReferenceOperation? {
        var alternatives: [ReferenceOperation.Alternative] = []
        for alternative in plan.alternatives {
            guard let input = self.integer(alternative.by, column, into: inputs) else { continue }
            var condition: Int?
            if let when = alternative.when {
                guard let type = self.type(of: when, column.name, at: column.position) else { continue }
                guard self.isBool(type) else {
                    let text = "`when` yields \(self.describe(type)), not boolean"
                    self.error("condition-type", column.name, text, at: column.position)
                    continue
                }
                let bool = self.sourceTypes.oid(builtIn: "bool") ?? 16
                let sql = "(\(when))::pg_catalog.bool"
                let zoned = self.comparesInteger(when) ? sql : nil
                condition = self[keyPath: inputs].index(of: sql, name: column.name, type: bool, inSessionZone: zoned)
            }
            alternatives.append(.init(entity: alternative.entity, input: input, condition: condition))
        }
        guard alternatives.count == plan.alternatives.count else { return nil }
        return ReferenceOperation(alternatives: alternatives, onOrphan: OrphanAction(plan.onOrphan))
    }

    /// A reference that the second pass fills in.
    mutating func addDeferred(_ plan: ReferencePlan, _ column: ColumnPlan, _ target: CatalogTable.Column) {
        guard self.mayHoldUUID(column, target, asText: false) else { return }
        if self.refusesNull(target) {
            let text = "it is filled in a second pass, but the target column is NOT NULL"
            self.error(
                "deferred-not-null",
                column.name,
                text,
                hint: "drop NOT NULL for the migration",
                at: column.position
            )
            return
        }
        if self.entity.id == nil {
            let text = "it is filled in a second pass, which finds its rows by UUID; the entity has no `id:`"
            self.error("deferred-without-id", column.name, text, at: column.position)
            return
        }
        self.distinguish(column.name, by: plan)
        guard let operation = self.reference(plan, column, into: \.fillInputs) else { return }
        // Left out, the column would get its default in the first pass.
        if target.hasDefault { self.output(.constant(nil), into: target, isPersonal: column.isPersonal) }
        self.fillConditions += plan.alternatives.map { "(\($0.by)) IS NOT NULL" }
        self.fillOutputs.append(
            RowProgram.OutputColumn(
                name: column.name,
                operation: .reference(operation),
                isNullable: true,
                isPersonal: column.isPersonal
            )
        )
    }

    /// The input that holds an integer expression as `int8`.
    mutating func integer(
        _ expression: String,
        _ column: ColumnPlan,
        into inputs: WritableKeyPath<Self, ProgramInputs>
    ) -> Int? {
        guard let type = self.type(of: expression, column.name, at: column.position) else { return nil }
        guard SourceProbe.integers.contains(type.oid) else {
            let text = "`\(expression)` is \(self.describe(type)), not an integer"
            self.error("reference-key", column.name, text, hint: "cast it to bigint in the plan", at: column.position)
            return nil
        }
        let int8 = self.sourceTypes.oid(builtIn: "int8") ?? 20
        let cast = SourceCast.to("int8")
        let zoned = self.inSessionZone(expression, cast)
        return self[keyPath: inputs]
            .index(of: cast.applied(to: expression), name: column.name, type: int8, inSessionZone: zoned)
    }

    mutating func distinguish(_ column: String, by plan: ReferencePlan) {
        self.distinctions[column] =
            plan.alternatives.count == 1 && plan.alternatives[0].when == nil
            ? .expression(plan.alternatives[0].by) : .unknown
    }
}

extension OrphanAction {
    /// The compiled form of the plan's policy.
    init(_ policy: ReferencePlan.OrphanPolicy) {
        switch policy {
        case .reject: self = .reject
        case .null: self = .null
        case .placeholder(let key): self = .placeholder(key)
        case .fail: self = .fail
        }
    }
}
