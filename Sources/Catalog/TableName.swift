/// A table as the plan names it: `table` or `schema.table`.
struct TableName: Hashable {
    var schema: String
    var name: String

    init(_ text: String, defaultSchema: String) {
        if let dot = text.firstIndex(of: ".") {
            self.schema = String(text[..<dot])
            self.name = String(text[text.index(after: dot)...])
        } else {
            self.schema = defaultSchema
            self.name = text
        }
    }

    init(schema: String, name: String) {
        self.schema = schema
        self.name = name
    }

    /// How findings name it.
    var description: String { "\(self.schema).\(self.name)" }
}
