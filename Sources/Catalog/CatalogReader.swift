import Postgres

/// Reads one database's catalog; the session's `search_path` must be `pg_catalog` alone, so that names are printed
/// schema-qualified.
enum CatalogReader {
    /// Every type but the row types of tables.
    static func types(_ connection: borrowing Connection) throws(PostgresError) -> TypeCatalog {
        var labels: [UInt32: [String]] = [:]
        for row
            in try connection.query("SELECT enumtypid::int8, enumlabel FROM pg_enum ORDER BY enumtypid, enumsortorder")
            .rows
        {
            labels[row.oid(0), default: []].append(row.text(1) ?? "")
        }
        var fields: [UInt32: [CatalogType.Field]] = [:]
        for row in try connection.query(Self.fields).rows {
            let field = CatalogType.Field(
                name: row.text(1) ?? "",
                type: row.oid(2),
                modifier: Int32(truncatingIfNeeded: row.integer(3) ?? -1)
            )
            fields[row.oid(0), default: []].append(field)
        }
        let hasMultiranges = connection.serverVersion >= 140_000
        var types: [CatalogType] = []
        for row in try connection.query(Self.types(hasMultiranges: hasMultiranges)).rows {
            let oid = row.oid("oid")
            let kind: CatalogType.Kind
            switch row.text("kind") {
            case "d":
                kind = .domain(
                    base: row.oid("base"),
                    modifier: Int32(truncatingIfNeeded: row.integer("modifier") ?? -1),
                    isNotNull: row.bool("is_not_null") ?? false
                )
            case "e": kind = .enumeration(labels[oid] ?? [])
            case "c": kind = .composite(fields[oid] ?? [])
            case "r", "m": kind = .range(subtype: row.oid("subtype"))
            case "b": kind = row.bool("is_array") == true ? .array(element: row.oid("element")) : .base
            default: kind = .other
            }
            types.append(
                CatalogType(
                    oid: oid,
                    schema: row.text("schema") ?? "",
                    name: row.text("name") ?? "",
                    sql: row.text("sql") ?? "",
                    kind: kind,
                    sendFunction: row.text("send"),
                    array: row.oid("array") == 0 ? nil : row.oid("array")
                )
            )
        }
        return TypeCatalog(types)
    }

    /// Schemas in which extensions keep their operators and functions.
    static func extensionSchemas(_ connection: borrowing Connection) throws(PostgresError) -> [String] {
        try connection.query(
            """
            SELECT DISTINCT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
            WHERE nspname <> 'pg_catalog' ORDER BY 1
            """
        )
        .rows.compactMap { $0.text(0) }
    }

    private static func types(hasMultiranges: Bool) -> String {
        """
        SELECT t.oid::int8 AS oid, n.nspname AS schema, t.typname AS name, format_type(t.oid, -1) AS sql,
            t.typtype AS kind, t.typbasetype::int8 AS base, t.typtypmod AS modifier, t.typnotnull AS is_not_null,
            t.typelem::int8 AS element, e.oid IS NOT NULL AS is_array, t.typarray::int8 AS "array",
            r.rngsubtype::int8 AS subtype,
            (SELECT format('%I.%I', f.nspname, p.proname) FROM pg_proc AS p JOIN pg_namespace AS f ON f.oid = p.pronamespace
                WHERE p.oid = t.typsend) AS send
        FROM pg_type AS t
        JOIN pg_namespace AS n ON n.oid = t.typnamespace
        LEFT JOIN pg_class AS c ON c.oid = t.typrelid
        LEFT JOIN pg_type AS e ON e.typarray = t.oid
        LEFT JOIN pg_range AS r ON t.oid IN (r.rngtypid\(hasMultiranges ? ", r.rngmultitypid" : ""))
        WHERE c.oid IS NULL OR c.relkind = 'c'
        """
    }

    private static let fields = """
        SELECT t.oid::int8, a.attname, a.atttypid::int8, a.atttypmod
        FROM pg_type AS t
        JOIN pg_class AS c ON c.oid = t.typrelid AND c.relkind = 'c'
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY t.oid, a.attnum
        """
}

extension Row {
    /// An OID that was cast to `int8`; 0 for NULL.
    func oid(_ column: Int) -> UInt32 { UInt32(truncatingIfNeeded: self.integer(column) ?? 0) }

    /// An OID that was cast to `int8`; 0 for NULL.
    func oid(_ column: String) -> UInt32 { UInt32(truncatingIfNeeded: self.integer(column) ?? 0) }
}
