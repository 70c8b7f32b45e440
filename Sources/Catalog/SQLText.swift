import Postgres

/// Quoting for SQL text that is put together here.
enum SQLText {
    /// A quoted identifier.
    static func identifier(_ name: String) -> String {
        quoteIdentifier(name)
    }

    /// A quoted, schema-qualified name.
    static func qualified(_ schema: String, _ name: String) -> String {
        self.identifier(schema) + "." + self.identifier(name)
    }

    /// A string literal.
    static func literal(_ text: String) -> String {
        quoteLiteral(text)
    }

    /// An `int8` literal; a bare `-9223372036854775808` would be a `numeric`.
    static func literal(_ key: Int64) -> String {
        "'\(key)'::pg_catalog.int8"
    }

    /// An `int8[]` literal.
    static func literal(_ keys: [Int64]) -> String {
        "'{" + keys.map(String.init).joined(separator: ",") + "}'::pg_catalog.int8[]"
    }
}
