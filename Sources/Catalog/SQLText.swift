/// Quoting for SQL text that is put together here.
enum SQLText {
    /// A quoted identifier.
    static func identifier(_ name: String) -> String {
        "\"" + self.doubling("\"", in: name) + "\""
    }

    /// A quoted, schema-qualified name.
    static func qualified(_ schema: String, _ name: String) -> String {
        self.identifier(schema) + "." + self.identifier(name)
    }

    /// A string literal; safe under either setting of `standard_conforming_strings`.
    static func literal(_ text: String) -> String {
        let quoted = "'" + self.doubling("'", in: text) + "'"
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return quoted }
        return "E" + self.doubling("\\", in: quoted)
    }

    /// An `int8` literal; a bare `-9223372036854775808` would be a `numeric`.
    static func literal(_ key: Int64) -> String {
        "'\(key)'::pg_catalog.int8"
    }

    /// An `int8[]` literal.
    static func literal(_ keys: [Int64]) -> String {
        "'{" + keys.map(String.init).joined(separator: ",") + "}'::pg_catalog.int8[]"
    }

    private static func doubling(_ character: Character, in text: String) -> String {
        var result = ""
        for each in text.unicodeScalars {
            result.unicodeScalars.append(each)
            if Character(each) == character { result.unicodeScalars.append(each) }
        }
        return result
    }
}
