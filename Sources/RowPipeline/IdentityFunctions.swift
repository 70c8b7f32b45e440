/// The SQL text of `godwit.uuid` and `godwit.legacy`, which translate ids without Godwit.
///
/// Both are CASE expressions in functions that are neither STRICT nor more volatile than they need to be, so that
/// PostgreSQL inlines them. An unknown entity raises (the cast of a sentence to uuid or bigint fails), as does a key beyond
/// ±2^47 (bigint out of range).
package enum IdentityFunctions {
    /// An entity and, for the strategies that keep their map in the target, where the map is.
    package struct Entity: Sendable, Equatable {
        package var name: String
        package var identity: EntityIdentity
        /// Quoted, qualified name of the table that holds the map; nil for `ordered` and `v5`.
        package var table: String?
        /// Quoted names of the UUID column and of the column that keeps the source key.
        package var idColumn: String
        package var legacyColumn: String?

        package init(
            name: String,
            identity: EntityIdentity,
            table: String? = nil,
            idColumn: String = "\"id\"",
            legacyColumn: String? = nil
        ) {
            self.name = name
            self.identity = identity
            self.table = table
            self.idColumn = idColumn
            self.legacyColumn = legacyColumn
        }
    }

    /// Statements that create or replace the functions; they can be run again at any time.
    package static func sql(entities: [Entity], schema: String = "godwit") -> String {
        let schemaName = self.identifier(schema)
        var statements: [String] = []
        if entities.contains(where: { $0.isNamed }) {
            statements.append(NamedUUIDFunction.sql(schema: schemaName))
        }
        for entity in entities where entity.isLookedUp {
            statements.append(self.lookUps(entity, schema: schemaName))
        }
        let volatility = entities.contains { !$0.isOrdered } ? "STABLE" : "IMMUTABLE"
        statements.append(
            """
            CREATE OR REPLACE FUNCTION \(schemaName).uuid(entity text, id bigint) RETURNS uuid
            LANGUAGE sql \(entities.contains { $0.isLookedUp } ? "STABLE" : "IMMUTABLE") PARALLEL SAFE AS $godwit$
            SELECT CASE entity
            \(entities.map { "    WHEN \(self.literal($0.name)) THEN \(self.uuid($0, schema: schemaName))\n" }.joined())\
                ELSE ('godwit knows no entity ' || entity)::uuid END
            $godwit$;
            CREATE OR REPLACE FUNCTION \(schemaName).legacy(entity text, uuid uuid) RETURNS bigint
            LANGUAGE sql \(volatility) PARALLEL SAFE AS $godwit$
            SELECT CASE entity
            \(entities.map { "    WHEN \(self.literal($0.name)) THEN \(self.legacy($0, schema: schemaName))\n" }.joined())\
                ELSE ('godwit knows no entity ' || entity)::bigint END
            $godwit$;
            """
        )
        return statements.joined(separator: "\n")
    }

    private static func uuid(_ entity: Entity, schema: String) -> String {
        switch entity.identity.strategy {
        case .ordered(let tag, let seed):
            """
            (lpad(to_hex((id * 65536) # '-9223372036854775808'::bigint | \(0x8000 + Int(tag))), 16, '0') || \
            to_hex(hashint8extended(id, \(self.bigint(seed))) & 4611686018427387903 | '-9223372036854775808'::bigint))::uuid
            """
        case .v5(let namespace):
            "\(schema).uuid_v5('\(UUIDValue(bytes: namespace)?.description ?? "")'::uuid, "
                + "\(self.literal(entity.identity.owner + ":")) || id)"
        case .v4, .v7, .stored:
            "\(schema).\(self.identifier("uuid:" + entity.name))(id)"
        }
    }

    private static func legacy(_ entity: Entity, schema: String) -> String {
        switch entity.identity.strategy {
        case .ordered(let tag, _):
            """
            CASE WHEN substr(uuid::text, 15, 4) = to_hex(\(0x8000 + Int(tag))) THEN \
            ('x' || left(uuid::text, 8) || substr(uuid::text, 10, 4))::bit(48)::bigint - 140737488355328 END
            """
        case .v5, .v4, .v7, .stored:
            entity.table == nil || entity.legacyColumn == nil
                ? "NULL::bigint" : "\(schema).\(self.identifier("legacy:" + entity.name))(uuid)"
        }
    }

    private static func lookUps(_ entity: Entity, schema: String) -> String {
        guard let table = entity.table, let legacyColumn = entity.legacyColumn else {
            return """
                CREATE OR REPLACE FUNCTION \(schema).\(self.identifier("uuid:" + entity.name))(key bigint) RETURNS uuid
                LANGUAGE sql STABLE PARALLEL SAFE AS $godwit$ SELECT NULL::uuid $godwit$;
                """
        }
        let id = entity.idColumn
        let legacy = legacyColumn
        return """
            CREATE OR REPLACE FUNCTION \(schema).\(self.identifier("uuid:" + entity.name))(key bigint) RETURNS uuid
            LANGUAGE sql STABLE PARALLEL SAFE AS $godwit$
            SELECT \(id) FROM \(table) WHERE \(legacy) = key $godwit$;
            CREATE OR REPLACE FUNCTION \(schema).\(self.identifier("legacy:" + entity.name))(key uuid) RETURNS bigint
            LANGUAGE sql STABLE PARALLEL SAFE AS $godwit$
            SELECT \(legacy)::bigint FROM \(table) WHERE \(id) = key $godwit$;
            """
    }

    /// A seed as a bigint literal with the same bits.
    static func bigint(_ seed: UInt64) -> String {
        "'\(Int64(bitPattern: seed))'::bigint"
    }

    static func literal(_ text: String) -> String {
        let doubled = text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        return text.contains("\\")
            ? "E'" + doubled.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\") + "'"
            : "'" + doubled + "'"
    }

    static func identifier(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

extension IdentityFunctions.Entity {
    var isOrdered: Bool {
        if case .ordered = self.identity.strategy { true } else { false }
    }

    var isNamed: Bool {
        if case .v5 = self.identity.strategy { true } else { false }
    }

    /// True where at least one direction reads the target's table.
    var isLookedUp: Bool {
        switch self.identity.strategy {
        case .ordered: false
        case .v5: self.table != nil && self.legacyColumn != nil
        case .v4, .v7, .stored: true
        }
    }
}
