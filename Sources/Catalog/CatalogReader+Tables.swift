import Postgres

extension CatalogReader {
    /// Those of the named tables that exist.
    static func tables(
        _ names: [TableName],
        _ connection: borrowing Connection
    ) throws(PostgresError) -> [TableName: CatalogTable] {
        let found = try connection.query(
            Self.relations,
            [.texts(names.map(\.schema)), .texts(names.map(\.name))]
        )
        var tables: [UInt32: CatalogTable] = [:]
        for row in found.rows {
            let missing = ["SELECT", "INSERT", "UPDATE", "DELETE", "USAGE"].filter { row.bool($0) == false }
            let table = CatalogTable(
                oid: row.oid("oid"),
                schema: row.text("schema") ?? "",
                name: row.text("name") ?? "",
                kind: row.text("kind") ?? "",
                isOwned: row.bool("is_owned") ?? false,
                isRowSecured: row.bool("is_row_secured") ?? false,
                missingPrivileges: missing,
                role: row.text("role") ?? "",
                estimatedRows: row.double("rows") ?? -1,
                bytes: row.integer("bytes") ?? 0
            )
            tables[table.oid] = table
        }
        let oids = QueryParameter.integers(tables.keys.map(Int64.init).sorted())
        try Self.addColumns(oids, to: &tables, connection)
        try Self.addIndexes(oids, to: &tables, connection)
        try Self.addTriggers(oids, to: &tables, connection)
        for row in try connection.query(Self.heirs, [oids]).rows {
            tables[row.oid("table")]?.heirs.append(SQLText.qualified(row.text("schema") ?? "", row.text("name") ?? ""))
        }
        for row in try connection.query(Self.writeRules, [oids]).rows {
            tables[row.oid("table")]?.writeRules.append(row.text("name") ?? "")
        }
        var result: [TableName: CatalogTable] = [:]
        for name in names {
            result[name] = tables.values.first { $0.schema == name.schema && $0.name == name.name }
        }
        return result
    }

    private static func addColumns(
        _ oids: QueryParameter,
        to tables: inout [UInt32: CatalogTable],
        _ connection: borrowing Connection
    ) throws(PostgresError) {
        for row in try connection.query(Self.columns, [oids]).rows {
            tables[row.oid("table")]?.columns
                .append(
                    CatalogTable.Column(
                        name: row.text("name") ?? "",
                        type: row.oid("type"),
                        modifier: Int32(truncatingIfNeeded: row.integer("modifier") ?? -1),
                        typeSQL: row.text("sql") ?? "",
                        isNotNull: row.bool("is_not_null") ?? false,
                        hasDefault: row.bool("has_default") ?? false,
                        isGenerated: row.bool("is_generated") ?? false,
                        identity: row.text("identity").flatMap(CatalogTable.Identity.init(rawValue:))
                    )
                )
        }
    }

    private static func addIndexes(
        _ oids: QueryParameter,
        to tables: inout [UInt32: CatalogTable],
        _ connection: borrowing Connection
    ) throws(PostgresError) {
        var last: String?
        for row in try connection.query(Self.uniqueIndexes, [oids]).rows {
            let table = row.oid("table")
            let name = row.text("name") ?? ""
            if last != "\(table) \(name)" {
                tables[table]?.uniqueIndexes
                    .append(
                        CatalogTable.UniqueIndex(
                            name: name,
                            columns: [],
                            isPartial: row.bool("is_partial") ?? false,
                            hasExpressions: row.bool("has_expressions") ?? false
                        )
                    )
                last = "\(table) \(name)"
            }
            if let column = row.text("column"), let count = tables[table]?.uniqueIndexes.count {
                tables[table]?.uniqueIndexes[count - 1].columns.append(column)
            }
        }
    }

    private static func addTriggers(
        _ oids: QueryParameter,
        to tables: inout [UInt32: CatalogTable],
        _ connection: borrowing Connection
    ) throws(PostgresError) {
        for row in try connection.query(Self.triggers, [oids]).rows {
            tables[row.oid("table")]?.triggers
                .append(
                    CatalogTable.Trigger(
                        name: row.text("name") ?? "",
                        firesOnInsert: row.bool("fires_on_insert") ?? true
                    )
                )
        }
    }

    private static let relations = """
        SELECT c.oid::int8 AS oid, current_user::text AS role, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
            pg_has_role(c.relowner, 'USAGE') AS is_owned, row_security_active(c.oid) AS is_row_secured,
            has_table_privilege(c.oid, 'SELECT') AS "SELECT", has_table_privilege(c.oid, 'INSERT') AS "INSERT",
            has_table_privilege(c.oid, 'UPDATE') AS "UPDATE", has_table_privilege(c.oid, 'DELETE') AS "DELETE",
            has_schema_privilege(n.oid, 'USAGE') AS "USAGE",
            CASE WHEN c.relkind = 'p' THEN part.rows ELSE c.reltuples END::float8 AS rows,
            CASE c.relkind WHEN 'p' THEN part.bytes WHEN 'r' THEN pg_table_size(c.oid) WHEN 'm' THEN pg_table_size(c.oid)
                ELSE 0 END::int8 AS bytes
        FROM unnest($1::text[], $2::text[]) AS wanted (schema, name)
        JOIN pg_namespace AS n ON n.nspname = wanted.schema
        JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = wanted.name
        CROSS JOIN LATERAL (
            SELECT CASE WHEN min(leaf.reltuples) < 0 THEN -1 ELSE sum(leaf.reltuples) END AS rows,
                sum(pg_table_size(leaf.oid)) AS bytes
            FROM pg_partition_tree(c.oid) AS tree JOIN pg_class AS leaf ON leaf.oid = tree.relid
            WHERE tree.isleaf) AS part
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
        """

    private static let columns = """
        SELECT a.attrelid::int8 AS "table", a.attname AS name, a.atttypid::int8 AS type, a.atttypmod AS modifier,
            format_type(a.atttypid, a.atttypmod) AS sql, a.attnotnull AS is_not_null,
            a.atthasdef OR coalesce(t.typdefault IS NOT NULL, false) AS has_default, a.attgenerated <> '' AS is_generated,
            a.attidentity::text AS identity
        FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
        WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attrelid, a.attnum
        """

    private static let uniqueIndexes = """
        SELECT i.indrelid::int8 AS "table", c.relname AS name, i.indpred IS NOT NULL AS is_partial,
            i.indexprs IS NOT NULL AS has_expressions, a.attname AS "column"
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
        LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum > 0
        WHERE i.indrelid = ANY ($1::oid[]) AND i.indisunique AND i.indisvalid AND k.place <= i.indnkeyatts
        ORDER BY i.indrelid, c.relname, k.place
        """

    private static let triggers = """
        SELECT tgrelid::int8 AS "table", tgname AS name, tgtype & 4 = 4 AS fires_on_insert
        FROM pg_trigger
        WHERE tgrelid = ANY ($1::oid[]) AND NOT tgisinternal AND tgenabled IN ('O', 'A')
        ORDER BY tgrelid, tgname
        """

    private static let heirs = """
        WITH RECURSIVE heirs (parent, child) AS (
            SELECT i.inhparent, i.inhrelid FROM pg_inherits AS i JOIN pg_class AS parent ON parent.oid = i.inhparent
             WHERE i.inhparent = ANY ($1::oid[]) AND parent.relkind = 'r'
            UNION SELECT heirs.parent, i.inhrelid FROM heirs JOIN pg_inherits AS i ON i.inhparent = heirs.child)
        SELECT heirs.parent::int8 AS "table", n.nspname AS schema, c.relname AS name
        FROM heirs JOIN pg_class AS c ON c.oid = heirs.child JOIN pg_namespace AS n ON n.oid = c.relnamespace
        ORDER BY heirs.parent, n.nspname, c.relname
        """

    private static let writeRules = """
        SELECT ev_class::int8 AS "table", rulename AS name FROM pg_rewrite
        WHERE ev_class = ANY ($1::oid[]) AND ev_type IN ('2', '3') AND ev_enabled IN ('O', 'A')
        ORDER BY ev_class, rulename
        """
}
