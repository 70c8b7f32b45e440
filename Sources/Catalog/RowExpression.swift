/// The base table's row as JSON text.
enum RowExpression {
    /// An expression over the alias `source` whose result `jsonb` accepts.
    ///
    /// `json` may hold what `jsonb` refuses (`\u0000`), so such columns go in as strings.
    static func text(of table: CatalogTable, types: TypeCatalog) -> String {
        let columns = table.columns.map { column in
            let name = SQLText.identifier(column.name)
            let shape = types.shape(of: column.type, modifier: -1)
            return Self.holdsJSON(shape) ? "source.\(name)::pg_catalog.text AS \(name)" : "source.\(name)"
        }
        guard !columns.isEmpty else { return "'{}'::pg_catalog.text" }
        return
            "(SELECT pg_catalog.to_jsonb(whole) FROM (SELECT \(columns.joined(separator: ", "))) AS whole)::pg_catalog.text"
    }

    private static func holdsJSON(_ shape: TypeShape) -> Bool {
        switch shape {
        case .builtIn(let name, _): name == "json"
        case .array(let element): Self.holdsJSON(element)
        case .composite(let fields): fields.contains { Self.holdsJSON($0.shape) }
        case .enumeration, .foreign, .range, .other: false
        }
    }
}
