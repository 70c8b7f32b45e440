import MigrationPlan
import RowPipeline

extension EntityCompiler {
    /// A look-up of the source value's text.
    mutating func map(_ plan: MapPlan, _ column: ColumnPlan, _ target: CatalogTable.Column) -> ColumnOperation? {
        guard self.type(of: plan.from, column.name, at: column.position) != nil else { return nil }
        let before = self.findings.count
        var entries: [MapOperation.Entry] = []
        for (key, text) in plan.table.sorted(by: { $0.key < $1.key }) {
            entries.append(MapOperation.Entry(key: key, value: text.flatMap { self.bytes(of: $0, column, target) }))
        }
        let null = plan.null.flatMap { self.bytes(of: $0, column, target) }
        let otherwise: MapOperation.Otherwise =
            switch plan.otherwise {
            case .reject: .reject
            case .null: .value(nil)
            case .value(let text): .value(self.bytes(of: text, column, target))
            }
        guard self.findings.count == before else { return nil }
        self.distinctions[column.name] = .expression(Self.lookup(plan))
        let input = self.text(plan.from, column.name)
        return .map(MapOperation(input: input, entries: entries, otherwise: otherwise, null: null))
    }

    /// The look-up as SQL, for telling which rows get equal values.
    private static func lookup(_ plan: MapPlan) -> String {
        let literal = { (text: String?) in text.map { SQLText.literal($0) } ?? "NULL" }
        let cases = plan.table.sorted { $0.key < $1.key }
            .map { "WHEN \(SQLText.literal($0.key)) THEN \(literal($0.value))" }
        let otherwise: String? =
            switch plan.otherwise {
            case .reject, .null: nil
            case .value(let text): text
            }
        let found =
            "CASE (\(plan.from))::pg_catalog.text \(cases.joined(separator: " ")) ELSE \(literal(otherwise)) END"
        guard !cases.isEmpty else { return literal(otherwise) + "::pg_catalog.text" }
        return "CASE WHEN (\(plan.from)) IS NULL THEN \(literal(plan.null)) ELSE \(found) END"
    }

    /// Text that must be valid JSON.
    mutating func json(_ plan: JSONPlan, _ column: ColumnPlan, _ target: CatalogTable.Column) -> ColumnOperation? {
        guard self.type(of: plan.from, column.name, at: column.position) != nil else { return nil }
        let isBinary: Bool
        switch self.targetTypes.shape(of: target.type, modifier: -1) {
        case .builtIn("jsonb", _): isBinary = true
        case .builtIn("json", _): isBinary = false
        default:
            let text = "the target column is \(target.typeSQL), neither json nor jsonb"
            self.error("json-type", column.name, text, at: column.position)
            return nil
        }
        self.distinctions[column.name] = .unknown
        let onInvalid: JSONOperation.InvalidAction =
            switch plan.onInvalid {
            case .null: .null
            case .reject: .reject
            case .repair: .repair
            case .wrap: .wrap
            }
        let references = plan.references.map {
            JSONOperation.EmbeddedReference(
                path: Self.path($0.path),
                entity: $0.entity,
                onOrphan: OrphanAction($0.onOrphan)
            )
        }
        let input = self.text(plan.from, column.name)
        return .json(JSONOperation(input: input, isBinary: isBinary, onInvalid: onInvalid, references: references))
    }

    /// `stages[*].case_id` as `["stages", "[*]", "case_id"]`.
    static func path(_ text: String) -> [String] {
        text.split(separator: ".")
            .flatMap { part in
                var name = part
                var stars: [String] = []
                while name.hasSuffix("[*]") {
                    name = name.dropLast(3)
                    stars.append("[*]")
                }
                return (name.isEmpty ? [] : [String(name)]) + stars
            }
    }
}
