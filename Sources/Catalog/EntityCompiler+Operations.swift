import MigrationPlan
import RowPipeline

extension EntityCompiler {
    /// How a listed column is made; nil where that became a finding.
    mutating func operation(for column: ColumnPlan, _ target: CatalogTable.Column) -> ColumnOperation? {
        switch column.value {
        case .copy(let name):
            guard let type = self.source.column(named: name) else {
                let hint = self.known(self.source.columns.map(\.name))
                self.error(
                    "missing-column",
                    column.name,
                    "the source has no column \(name)",
                    hint: hint,
                    at: column.position
                )
                return nil
            }
            self.noteNulls(of: name, into: target)
            return self.carry(CarriedColumn(column, "source." + SQLText.identifier(name), type), into: target)
        case .sql(let sql):
            guard let type = self.type(of: sql, column.name, at: column.position) else { return nil }
            return self.carry(CarriedColumn(column, sql, type), into: target)
        case .reference(let plan):
            guard self.mayHoldUUID(column, target, asText: false) else { return nil }
            if plan.onOrphan == .null, self.refusesNull(target) {
                let text =
                    "`on_orphan: null`, but the target column is NOT NULL: such rows are rejected as `null_value`"
                self.warning(
                    "null-refused",
                    column.name,
                    text,
                    hint: "write `on_orphan: reject`, or drop NOT NULL",
                    at: column.position
                )
            }
            self.distinguish(column.name, by: plan)
            return self.reference(plan, column, into: \.inputs).map(ColumnOperation.reference)
        case .map(let plan):
            return self.map(plan, column, target)
        case .json(let plan):
            return self.json(plan, column, target)
        case .constant(let text):
            self.distinctions[column.name] = .constant
            guard let text else { return self.nullConstant(column, target) }
            return self.bytes(of: text, column, target).map { .constant($0) }
        case .uuid(let entity, let by):
            guard self.mayHoldUUID(column, target, asText: true) else { return nil }
            guard let input = self.integer(by, column, into: \.inputs) else { return nil }
            self.distinctions[column.name] = .expression(by)
            return .uuid(input: input, entity: entity, asText: self.isText(target))
        case .targetDefault:
            return nil
        }
    }

    /// Carries an expression over by the cast table.
    mutating func carry(_ column: CarriedColumn, into target: CatalogTable.Column) -> ColumnOperation? {
        let table = CastTable(timeZone: self.plan.source.timeZone, truncates: column.truncates)
        let from = self.sourceTypes.shape(of: column.type.oid, modifier: column.type.modifier)
        let to = self.targetTypes.shape(of: target.type, modifier: target.modifier)
        let lowered = "pg_catalog.lower((\(column.expression))::pg_catalog.text)"
        self.distinctions[column.name] = .expression(to == .foreign("citext") ? lowered : column.expression)
        switch table.crossing(from: from, to: to) {
        case .refused(let reason, let hint):
            self.error("no-cast", column.name, reason, hint: hint, at: column.position)
            return nil
        case .json:
            self.distinctions[column.name] = .unknown
            let operation = JSONOperation(
                input: self.text(column.expression, column.name),
                isBinary: to == .builtIn("jsonb", modifier: -1),
                onInvalid: .reject,
                references: []
            )
            return .json(operation)
        case .labels(let labels):
            self.note(from, lacking: labels, column)
            let entries = labels.map { MapOperation.Entry(key: $0, value: Array($0.utf8)) }
            let input = self.text(column.expression, column.name)
            return .map(MapOperation(input: input, entries: entries, otherwise: .reject, null: nil))
        case .carried(let carriage):
            return self.carried(carriage, column, into: target)
        }
    }

    private mutating func carried(
        _ carriage: Crossing.Carriage,
        _ column: CarriedColumn,
        into target: CatalogTable.Column
    ) -> ColumnOperation? {
        if let note = carriage.note {
            self.findings.append(
                Finding(.note, "copied-type", "\(self.entity.name).\(column.name): \(note)", at: column.position)
            )
        }
        let oid = carriage.cast.type.flatMap { self.sourceTypes.oid(builtIn: $0) } ?? column.type.oid
        let sql = carriage.cast.applied(to: column.expression)
        let zoned = self.inSessionZone(column.expression, carriage.cast)
        let input = self.inputs.index(of: sql, name: column.name, type: oid, inSessionZone: zoned)
        if carriage.replacesElementType, let element = self.targetTypes.element(of: target.type) {
            return .convert(input: input, .arrayElementType(element))
        }
        guard let conversion = carriage.conversion else { return .copy(input: input) }
        if case .text(let limit, truncates: true) = conversion {
            let text = SourceCast.to("text").applied(to: column.expression)
            self.distinctions[column.name] = .expression("pg_catalog.left(\(text), \(limit))")
        }
        return .convert(input: input, conversion)
    }

    private mutating func note(_ from: TypeShape, lacking labels: [String], _ column: CarriedColumn) {
        guard case .enumeration(let given) = from else { return }
        let lacking = given.filter { !labels.contains($0) }.joined(separator: ", ")
        self.findings.append(
            Finding(
                .warning,
                "missing-labels",
                "\(self.entity.name).\(column.name): the target's enum lacks \(lacking); rows with these are rejected",
                hint: "map them with `map:`",
                at: column.position
            )
        )
    }

    /// Remembers where a nullable column goes into one that is not.
    mutating func noteNulls(of name: String, into target: CatalogTable.Column) {
        guard self.refusesNull(target), self.entity.query == nil,
            self.source.table.column(named: name)?.isNotNull == false
        else { return }
        self.mayLackValues.append(target.name)
    }

    private mutating func nullConstant(_ column: ColumnPlan, _ target: CatalogTable.Column) -> ColumnOperation? {
        guard self.refusesNull(target) else { return .constant(nil) }
        self.error("missing-value", column.name, "it is NOT NULL and can't be null", at: column.position)
        return nil
    }

    /// The target's binary form of a text of the plan.
    mutating func bytes(of text: String, _ column: ColumnPlan, _ target: CatalogTable.Column) -> [UInt8]? {
        let request = target.request(text)
        if let bytes = self.constants.value(of: request) { return bytes }
        let reason = self.constants.refusal(of: request)
        let message = "the target refuses '\(text)' as \(target.typeSQL): \(reason)"
        self.error("refused-value", column.name, message, at: column.position)
        return nil
    }

    /// The input that holds an expression as text.
    mutating func text(_ expression: String, _ name: String) -> Int {
        let cast = SourceCast.to("text")
        let zoned = self.inSessionZone(expression, cast)
        return self.inputs.index(
            of: cast.applied(to: expression),
            name: name,
            type: self.textType,
            inSessionZone: zoned
        )
    }

    func isText(_ target: CatalogTable.Column) -> Bool {
        CastTable(timeZone: nil, truncates: false)
            .isText(
                self.targetTypes.shape(of: target.type, modifier: target.modifier)
            )
    }

    mutating func mayHoldUUID(_ column: ColumnPlan, _ target: CatalogTable.Column, asText: Bool) -> Bool {
        let isUUID = self.targetTypes.shape(of: target.type, modifier: -1) == .builtIn("uuid", modifier: -1)
        if isUUID || (asText && self.isText(target)) { return true }
        let text = "a UUID goes into it, but it is \(target.typeSQL)"
        self.error("reference-type", column.name, text, hint: "make the target column uuid", at: column.position)
        return false
    }
}

extension CarriedColumn {
    /// A column that the plan lists.
    init(_ column: ColumnPlan, _ expression: String, _ type: ColumnType) {
        self.init(
            name: column.name,
            expression: expression,
            type: type,
            truncates: column.onTooLong == .truncate,
            position: column.position
        )
    }
}
