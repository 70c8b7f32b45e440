import MigrationPlan
import RowPipeline

extension EntityCompiler {
    /// The UUID and the legacy key come first.
    mutating func addIdentity(keyInput: Int) {
        let position = self.entity.position
        if let id = self.entity.id {
            if let column = self.target.column(named: id) {
                if self.targetTypes.shape(of: column.type, modifier: -1) != .builtIn("uuid", modifier: -1) {
                    let hint = "make it uuid, or name another column with `id:`; `id: false` for a table without"
                    self.error("id-type", id, "the id column is \(column.typeSQL), not uuid", hint: hint, at: position)
                }
                let operation = ColumnOperation.uuid(input: keyInput, entity: self.entity.name, asText: false)
                self.output(operation, into: column, isPersonal: false)
                self.distinctions[id] = .expression("source.\(self.key)")
            } else {
                self.missing(id, hint: "name the UUID column with `id:`; `id: false` for a table without", at: position)
            }
        }
        guard let legacy = self.entity.legacy else { return }
        guard let column = self.target.column(named: legacy) else {
            self.missing(legacy, hint: "add it: ALTER TABLE … ADD COLUMN \(legacy) bigint UNIQUE", at: position)
            return
        }
        if self.targetTypes.shape(of: column.type, modifier: -1) != .builtIn("int8", modifier: -1) {
            self.error("legacy-type", legacy, "the legacy column is \(column.typeSQL), not bigint", at: position)
        }
        self.output(.copy(input: keyInput), into: column, isPersonal: false)
        self.distinctions[legacy] = .expression("source.\(self.key)")
    }

    /// A column that the plan lists.
    mutating func add(_ column: ColumnPlan) {
        guard let target = self.target.column(named: column.name) else {
            self.missing(column.name, hint: self.known(self.target.columns.map(\.name)), at: column.position)
            return
        }
        if target.isGenerated {
            self.error(
                "generated-column",
                column.name,
                "the target computes it",
                hint: "leave it out",
                at: column.position
            )
            return
        }
        if case .targetDefault = column.value {
            if !target.hasDefault, target.identity == nil, self.refusesNull(target) {
                let text = "it is NOT NULL and has no default"
                self.error("missing-value", column.name, text, hint: "give it a value", at: column.position)
            }
            return
        }
        if case .reference(let plan) = column.value, plan.isDeferred {
            self.addDeferred(plan, column, target)
        } else if let operation = self.operation(for: column, target) {
            self.output(operation, into: target, isPersonal: column.isPersonal)
        }
    }

    /// Columns that the plan does not list take the source column of their name.
    mutating func addImplicitColumns(besides mapped: Set<String>) {
        for column in self.target.columns
        where !mapped.contains(column.name) && !column.isGenerated && column.identity == nil {
            if let type = self.source.column(named: column.name) {
                let carried = CarriedColumn(
                    name: column.name,
                    expression: "source." + SQLText.identifier(column.name),
                    type: type,
                    truncates: false,
                    position: self.entity.position
                )
                self.noteNulls(of: column.name, into: column)
                if let operation = self.carry(carried, into: column) {
                    self.output(operation, into: column, isPersonal: false)
                }
            } else if !column.hasDefault {
                self.unmapped(column)
            }
        }
    }

    private mutating func unmapped(_ column: CatalogTable.Column) {
        if self.refusesNull(column) {
            let text = "it is NOT NULL, and the source has no column of this name"
            self.error("missing-value", column.name, text, hint: "list it under `columns:`", at: self.entity.position)
            return
        }
        self.findings.append(
            Finding(
                .warning,
                "unmapped-column",
                "\(self.entity.name).\(column.name): the source has no column of this name; it stays NULL",
                hint: "list it under `columns:`, `{ default: true }` if this is meant",
                at: self.entity.position
            )
        )
    }

    /// The text input that names the first check a row fails.
    mutating func addChecks() -> Int? {
        var cases: [String] = []
        for check in self.entity.checks {
            guard let type = self.type(of: check.sql, "check \(check.name)", at: check.position) else { continue }
            guard self.isBool(type) else {
                let text = "its SQL yields \(self.describe(type)), not boolean"
                self.error("check-type", "check \(check.name)", text, at: check.position)
                continue
            }
            cases.append("WHEN (\(check.sql)) IS FALSE THEN \(SQLText.literal(check.name))")
        }
        guard !cases.isEmpty else { return nil }
        let sql = "CASE \(cases.joined(separator: " ")) END::pg_catalog.text"
        return self.inputs.index(of: sql, name: "godwit_check", type: self.textType, inSessionZone: nil)
    }

    var textType: UInt32 { self.sourceTypes.oid(builtIn: "text") ?? 25 }

    /// The type of an expression of the plan; notes why there is none.
    mutating func type(of expression: String, _ column: String, at position: Position) -> ColumnType? {
        if let type = self.source.expressions[expression] { return type }
        let reason = self.source.refusals[expression] ?? "it yields no value"
        self.error("refused-sql", column, "the source refuses `\(expression)`: \(reason)", at: position)
        return nil
    }

    func isBool(_ type: ColumnType) -> Bool {
        self.sourceTypes.shape(of: type.oid, modifier: -1) == .builtIn("bool", modifier: -1)
    }

    func describe(_ type: ColumnType) -> String {
        self.sourceTypes.shape(of: type.oid, modifier: type.modifier).description
    }

    mutating func missing(_ column: String, hint: String?, at position: Position) {
        let text = "the target table \(self.target.schema).\(self.target.name) has no such column"
        self.error("missing-column", column, text, hint: hint, at: position)
    }

    /// A hint that lists columns.
    func known(_ columns: [String]) -> String {
        "there are " + columns.prefix(40).joined(separator: ", ") + (columns.count > 40 ? ", …" : "")
    }
}
