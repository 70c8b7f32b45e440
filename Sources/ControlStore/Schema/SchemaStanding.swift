package import Postgres

/// How a session's role stands to the schema `godwit`: who makes it owns it, and only its owner leads.
package struct SchemaStanding: Sendable, Equatable {
    /// The session's own role.
    package var role: String
    package var database: String
    /// Who owns the schema, or what is in it, and is not this role's to be; the schema's own owner where nobody is.
    package var owner: String?
    /// Whether it, and whatever is in it, belongs to the role or to one whose rights the role has.
    package var isOwned: Bool
    /// Whether the role could make the schema.
    package var mayCreate: Bool

    /// Whether a coordinator of this role can lead.
    package var mayLead: Bool { self.owner == nil ? self.mayCreate : self.isOwned }

    /// Why not, and what to do; nil where it can.
    package var obstacle: (text: String, advice: String)? {
        guard !self.mayLead else { return nil }
        guard let owner = self.owner else {
            return (
                "there is no schema godwit in database \(self.database) yet, and \(self.role) may not make it",
                """
                the role of the coordinator comes first (GRANT CREATE ON DATABASE \(quoteIdentifier(self.database)) TO it), with \
                `godwit coordinator` or `godwit keys authorize`: whoever makes the schema owns it
                """
            )
        }
        return (
            "schema godwit of database \(self.database) belongs to \(owner), and \(self.role) is no member of that role",
            """
            only its owner can lead: use the role that made it, or have an administrator hand it over to the coordinator's \
            role (docs/security.md, Who owns the control schema)
            """
        )
    }
}

extension ControlSchema {
    /// Looks at who owns the schema.
    package static func standing(on connection: borrowing Connection) throws(ControlStoreError) -> SchemaStanding {
        try Self.perform("look for the owner of the control schema") { () throws(PostgresError) in
            let row =
                try connection.query(
                    """
                    WITH schema AS (SELECT oid, nspowner FROM pg_catalog.pg_namespace WHERE nspname = 'godwit'),
                    owners (owner) AS (
                        SELECT nspowner FROM schema
                        UNION SELECT relowner FROM pg_catalog.pg_class
                         WHERE relnamespace = (SELECT oid FROM schema) AND relkind IN ('r', 'v')
                    ),
                    strangers AS (SELECT owner FROM owners WHERE NOT pg_catalog.pg_has_role(owner, 'USAGE'))
                    SELECT current_user::text AS role, pg_catalog.current_database()::text AS database,
                           pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS may_create,
                           NOT EXISTS (SELECT FROM strangers) AS is_owned,
                           pg_catalog.pg_get_userbyid(coalesce((SELECT min(owner) FROM strangers), (SELECT nspowner FROM schema)))::text
                               AS owner
                    """
                )
                .first
            return SchemaStanding(
                role: row?.text("role") ?? "",
                database: row?.text("database") ?? "",
                owner: row?.text("owner"),
                isOwned: row?.bool("is_owned") ?? false,
                mayCreate: row?.bool("may_create") ?? false
            )
        }
    }

    /// Refuses to make or lead what another role owns, before the server refuses some part of it.
    static func requireOwnership(on connection: borrowing Connection) throws(ControlStoreError) {
        if let obstacle = try Self.standing(on: connection).obstacle {
            throw ControlStoreError(.notPermitted, "\(obstacle.text); \(obstacle.advice)")
        }
    }
}
