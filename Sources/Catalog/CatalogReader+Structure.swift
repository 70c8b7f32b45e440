import Postgres

extension CatalogReader {
    /// Indexes and foreign keys of the target's tables.
    ///
    /// Only with `pg_catalog` as search path: definitions then qualify everything else.
    static func structures(
        of oids: [UInt32],
        _ connection: borrowing Connection
    ) throws(PostgresError) -> [UInt32: TableStructure] {
        let tables = QueryParameter.integers(oids.map(Int64.init))
        var structures: [UInt32: TableStructure] = [:]
        for row in try connection.query(Self.wholeTables, [tables]).rows {
            structures[row.oid("table")] = TableStructure(
                obstacle: row.text("obstacle"),
                isPublished: row.bool("is_published") ?? true,
                deletion: TableStructure.Deletion(
                    hasTriggers: row.bool("has_delete_triggers") ?? true,
                    hasRules: row.bool("has_delete_rules") ?? true
                )
            )
        }
        for row in try connection.query(Self.indexes, [tables]).rows {
            structures[row.oid("table")]?.indexes.append(TableStructure.Index(row))
        }
        for row in try connection.query(Self.foreignKeys, [tables]).rows {
            structures[row.oid("table")]?.foreignKeys.append(TableStructure.ForeignKey(row))
        }
        return structures
    }

    /// Workers build indexes, so whoever of them can write the table must be able to do what only its owner can.
    private static let wholeTables = """
        SELECT c.oid::int8 AS "table",
            EXISTS (SELECT FROM pg_publication_tables
                     WHERE schemaname = n.nspname AND tablename = c.relname) AS is_published,
            EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal AND tgtype & 8 = 8
                     AND tgenabled IN ('O', 'A')) AS has_delete_triggers,
            EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid AND ev_type = '4'
                     AND ev_enabled IN ('O', 'A')) AS has_delete_rules,
            CASE
                WHEN c.relkind <> 'r' OR c.relispartition
                    OR EXISTS (SELECT FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent))
                    THEN 'the table is partitioned, a partition, or inherits'
                WHEN NOT pg_has_role(c.relowner, 'USAGE') THEN 'the role does not own the table'
                WHEN NOT has_schema_privilege(n.oid, 'CREATE') THEN 'the role has no CREATE on schema ' || n.nspname
                WHEN EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid
                              AND deptype = 'e') THEN 'the table belongs to an extension'
                WHEN builder.rolname IS NOT NULL
                    THEN 'the workers'' role ' || builder.rolname
                        || ' does not own the table, or has no CREATE on its schema'
            END AS obstacle
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN LATERAL (
            SELECT rolname FROM pg_roles AS r
             WHERE r.rolcanlogin AND to_regrole('godwit_worker') IS NOT NULL
               AND pg_has_role(r.oid, to_regrole('godwit_worker'), 'USAGE') AND has_table_privilege(r.oid, c.oid, 'INSERT')
               AND NOT (pg_has_role(r.oid, c.relowner, 'USAGE') AND has_schema_privilege(r.oid, n.oid, 'CREATE'))
             ORDER BY rolname LIMIT 1) AS builder ON true
        WHERE c.oid = ANY ($1::oid[])
        """

    /// Indexes with what speaks against dropping them.
    ///
    /// An error in the middle of a build is the whole index's; the same row would have been refused alone. So an index
    /// must not be able to meet one: no functions but leakproof ones, which raise none, and no values wider than fits.
    ///
    /// 2,000 of the 2,704 bytes that a B-tree's row may have on a page of 8 kB
    /// (https://www.postgresql.org/docs/15/btree-implementation.html).
    private static let indexes = """
        SELECT i.indrelid::int8 AS "table", c.relname AS name, format('%I.%I', n.nspname, c.relname) AS sql,
            pg_get_indexdef(i.indexrelid) AS definition, am.amname AS method, lead.attname AS leading_column,
            i.indisunique AS is_unique, i.indpred IS NOT NULL AS is_partial,
            con.conname AS constraint_name, con.contype::text AS constraint_type,
            pg_get_constraintdef(con.oid) AS constraint_definition,
            array_to_string(ARRAY[
                CASE WHEN NOT (i.indisvalid AND i.indisready AND i.indislive) THEN 'invalid' END,
                CASE WHEN EXISTS (SELECT FROM pg_constraint AS f WHERE f.contype = 'f' AND f.conindid = i.indexrelid)
                    THEN 'foreign keys refer to it' END,
                CASE WHEN i.indisreplident THEN 'replica identity' END,
                CASE WHEN i.indisclustered THEN 'the table is clustered by it' END,
                CASE WHEN con.contype = 'x' THEN 'exclusion constraint' END,
                CASE WHEN con.condeferrable OR NOT i.indimmediate THEN 'deferrable' END,
                CASE WHEN con.conname <> c.relname THEN 'constraint and index have different names' END,
                CASE WHEN c.reltablespace <> 0 THEN 'it has a tablespace of its own' END,
                CASE WHEN EXISTS (SELECT FROM pg_description AS d
                        WHERE (d.classoid, d.objoid) IN (('pg_class'::regclass, i.indexrelid), ('pg_constraint'::regclass, con.oid)))
                    THEN 'it has a comment' END,
                CASE WHEN EXISTS (SELECT FROM pg_attribute AS a
                        WHERE a.attrelid = i.indexrelid AND coalesce(a.attstattarget, -1) >= 0)
                    THEN 'it has statistics targets of its own' END,
                CASE WHEN EXISTS (SELECT FROM pg_depend AS d WHERE d.deptype IN ('e', 'x')
                        AND (d.classid, d.objid) IN (('pg_class'::regclass, i.indexrelid), ('pg_constraint'::regclass, con.oid)))
                    THEN 'it belongs to an extension' END,
                CASE WHEN EXISTS (SELECT FROM pg_depend AS d
                        WHERE (d.refclassid, d.refobjid) IN (('pg_class'::regclass, i.indexrelid), ('pg_constraint'::regclass, con.oid))
                          AND (d.classid, d.objid) <> ('pg_class'::regclass, i.indexrelid)
                          AND NOT EXISTS (SELECT FROM pg_constraint AS f
                                WHERE d.classid = 'pg_constraint'::regclass AND f.oid = d.objid AND f.contype = 'f'))
                    THEN 'other objects depend on it' END
            ], '; ') AS obstacles,
            am.amname NOT IN ('btree', 'hash', 'brin', 'gin')
                OR am.amname <> 'hash' AND (width.total IS NULL OR width.total > 2000)
                OR EXISTS (
                    SELECT FROM regexp_matches(coalesce(i.indexprs::text, '') || coalesce(i.indpred::text, ''),
                                               '\\{([A-Z]+)', 'g') AS node (word)
                     WHERE word[1] NOT IN ('VAR', 'CONST', 'BOOLEXPR', 'NULLTEST', 'BOOLEANTEST', 'OPEXPR', 'FUNCEXPR',
                                           'DISTINCTEXPR', 'SCALARARRAYOPEXPR', 'RELABELTYPE'))
                OR EXISTS (
                    SELECT FROM regexp_matches(coalesce(i.indexprs::text, '') || coalesce(i.indpred::text, ''),
                                               ':(?:opfuncid|funcid) (\\d+)', 'g') AS used (function)
                     WHERE NOT EXISTS (SELECT FROM pg_proc WHERE oid = function[1]::oid AND proleakproof))
                AS may_fail_on_rows
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_am AS am ON am.oid = c.relam
        LEFT JOIN pg_constraint AS con ON con.conindid = i.indexrelid AND con.conrelid = i.indrelid
            AND con.contype IN ('p', 'u', 'x')
        LEFT JOIN pg_attribute AS lead ON lead.attrelid = i.indrelid AND lead.attnum = i.indkey[0] AND lead.attnum > 0
        CROSS JOIN LATERAL (
            SELECT CASE WHEN bool_and(bytes IS NOT NULL) THEN sum(bytes) END AS total
            FROM (
                SELECT CASE
                    WHEN t.typnamespace <> 'pg_catalog'::regnamespace AND t.typtype <> 'e' THEN NULL
                    WHEN a.attlen > 0 THEN a.attlen
                    WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 0 THEN 4 * a.atttypmod
                    WHEN a.atttypid = 'numeric'::regtype AND a.atttypmod > 0 THEN 1024
                    WHEN am.amname = 'gin' AND o.opcname IN ('jsonb_ops', 'jsonb_path_ops', 'tsvector_ops')
                        AND o.opcnamespace = 'pg_catalog'::regnamespace THEN 0
                END AS bytes
                FROM pg_attribute AS a
                JOIN pg_type AS own ON own.oid = a.atttypid
                JOIN pg_type AS t ON t.oid = CASE WHEN own.typtype = 'd' THEN own.typbasetype ELSE own.oid END
                LEFT JOIN pg_opclass AS o ON o.oid = i.indclass[a.attnum - 1]
                WHERE a.attrelid = i.indexrelid) AS columns) AS width
        WHERE i.indrelid = ANY ($1::oid[])
        ORDER BY i.indrelid, c.relname
        """

    private static let foreignKeys = """
        SELECT con.conrelid::int8 AS "table", con.conname AS name, pg_get_constraintdef(con.oid) AS definition,
            con.convalidated AS is_validated, n.nspname AS parent_schema, parent.relname AS parent_name,
            CASE WHEN cardinality(con.conkey) = 1 THEN own.attname END AS "column",
            CASE WHEN cardinality(con.conkey) = 1 THEN other.attname END AS parent_column,
            has_table_privilege(con.confrelid, 'REFERENCES') AND NOT EXISTS (
                SELECT FROM pg_roles AS r
                 WHERE r.rolcanlogin AND to_regrole('godwit_worker') IS NOT NULL
                   AND pg_has_role(r.oid, to_regrole('godwit_worker'), 'USAGE')
                   AND has_table_privilege(r.oid, con.conrelid, 'INSERT')
                   AND NOT has_table_privilege(r.oid, con.confrelid, 'REFERENCES')) AS may_reference,
            array_to_string(ARRAY[
                CASE WHEN con.condeferrable THEN 'deferrable' END,
                CASE WHEN con.conparentid <> 0 OR NOT con.conislocal OR parent.relkind <> 'r' THEN 'partitions' END,
                CASE WHEN EXISTS (SELECT FROM pg_description AS d
                        WHERE d.classoid = 'pg_constraint'::regclass AND d.objoid = con.oid)
                    THEN 'it has a comment' END,
                CASE WHEN EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgconstraint = con.oid AND t.tgenabled <> 'O')
                    THEN 'its checks are switched off, or always on' END,
                CASE WHEN EXISTS (SELECT FROM pg_depend AS d WHERE d.deptype IN ('e', 'x')
                        AND d.classid = 'pg_constraint'::regclass AND d.objid = con.oid)
                    THEN 'it belongs to an extension' END,
                CASE WHEN EXISTS (SELECT FROM pg_depend AS d
                        WHERE d.refclassid = 'pg_constraint'::regclass AND d.refobjid = con.oid
                          AND d.classid <> 'pg_trigger'::regclass) THEN 'other objects depend on it' END
            ], '; ') AS obstacles
        FROM pg_constraint AS con
        JOIN pg_class AS parent ON parent.oid = con.confrelid
        JOIN pg_namespace AS n ON n.oid = parent.relnamespace
        JOIN pg_attribute AS own ON own.attrelid = con.conrelid AND own.attnum = con.conkey[1]
        JOIN pg_attribute AS other ON other.attrelid = con.confrelid AND other.attnum = con.confkey[1]
        WHERE con.contype = 'f' AND con.conrelid = ANY ($1::oid[])
        ORDER BY con.conrelid, con.conname
        """
}

extension TableStructure.Index {
    init(_ row: Row) {
        self.name = row.text("name") ?? ""
        self.sql = row.text("sql") ?? ""
        self.definition = row.text("definition") ?? ""
        self.method = row.text("method") ?? ""
        self.constraint = row.text("constraint_name")
            .map {
                TableStructure.Constraint(
                    name: $0,
                    type: row.text("constraint_type") ?? "",
                    definition: row.text("constraint_definition") ?? ""
                )
            }
        self.leadingColumn = row.text("leading_column")
        self.isUnique = row.bool("is_unique") ?? true
        self.isPartial = row.bool("is_partial") ?? true
        self.obstacles = row.text("obstacles") ?? "unknown"
        self.mayFailOnRows = row.bool("may_fail_on_rows") ?? true
    }
}

extension TableStructure.ForeignKey {
    init(_ row: Row) {
        self.name = row.text("name") ?? ""
        self.definition = row.text("definition") ?? ""
        self.isValidated = row.bool("is_validated") ?? false
        self.column = row.text("column")
        self.parent = TableName(schema: row.text("parent_schema") ?? "", name: row.text("parent_name") ?? "")
        self.parentColumn = row.text("parent_column")
        self.mayReference = row.bool("may_reference") ?? false
        self.obstacles = row.text("obstacles") ?? "unknown"
    }
}
