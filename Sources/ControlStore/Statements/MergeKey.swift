package import Postgres

/// The unique column by which a merge knows its own rows in the target.
package struct MergeKey: Sendable, Equatable {
    /// Quoted.
    package var column: String
    /// Columns that INSERT may set and UPDATE may not, bare: GENERATED ALWAYS AS IDENTITY.
    package var fixedColumns: Set<String>

    /// Reads a table's columns; the table is qualified and quoted.
    package static func statement(table: String) -> Statement {
        Statement(
            """
            SELECT attribute.attname AS name, attribute.attidentity = 'a' AS is_fixed,
                   EXISTS (SELECT FROM pg_catalog.pg_index AS index
                            WHERE index.indrelid = attribute.attrelid AND index.indisunique AND index.indimmediate
                              AND index.indisvalid AND index.indpred IS NULL AND index.indexprs IS NULL
                              AND index.indnkeyatts = 1 AND index.indkey[0] = attribute.attnum) AS is_unique
              FROM pg_catalog.pg_attribute AS attribute
             WHERE attribute.attrelid = $1::regclass AND attribute.attnum > 0 AND NOT attribute.attisdropped
            """,
            [.text(table)]
        )
    }

    /// The legacy column before the UUID: rows of others have none.
    ///
    /// - Parameters:
    ///   - result: What the statement answered.
    ///   - legacyColumn: Quoted, nil where the target keeps no source keys.
    ///   - idColumn: Quoted, nil where the target has no UUIDs.
    ///   - computesIDs: Whether the same key always has the same UUID.
    package init?(_ result: QueryResult, legacyColumn: String?, idColumn: String?, computesIDs: Bool) {
        var unique: Set<String> = []
        var fixed: Set<String> = []
        for row in result.rows {
            guard let name = row.text("name") else { continue }
            if row.bool("is_unique") == true { unique.insert(name) }
            if row.bool("is_fixed") == true { fixed.insert(name) }
        }
        self.fixedColumns = fixed
        let candidates = [legacyColumn, computesIDs ? idColumn : nil].compactMap { $0 }
        guard let column = candidates.first(where: { unique.contains(Self.bare($0)) }) else { return nil }
        self.column = column
    }

    /// A quoted name without its quotes.
    package static func bare(_ name: String) -> String {
        guard name.hasPrefix("\""), name.hasSuffix("\""), name.utf8.count >= 2 else { return name }
        return String(name.dropFirst().dropLast()).replacing("\"\"", with: "\"")
    }
}
