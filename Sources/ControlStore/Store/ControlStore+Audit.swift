import Postgres
package import Scheduling

extension ControlStore {
    /// Makes `uuid_mapping_audit` show the mappings of these entities straight from their targets, beside the ledger.
    ///
    /// Entities without a UUID or legacy column are left out: nothing in the target says what they map.
    package func createAuditView(of entities: [EntityName], in run: RunID) throws(ControlStoreError) {
        try self.transaction("create the audit view") { () throws(ControlStoreError) in
            try self.confirmLeadership()
            let shown =
                try self.query(
                    "read the audited entities",
                    """
                    SELECT name, target_table, id_column, legacy_column FROM godwit.entities
                     WHERE run_id = $1::uuid AND name = ANY ($2::text[])
                       AND id_column IS NOT NULL AND legacy_column IS NOT NULL
                     ORDER BY position
                    """,
                    [.run(run), .texts(entities.map(\.rawValue))]
                )
                .rows
            let names = shown.map { quoteLiteral($0.string("name")) }.joined(separator: ", ")
            let ledger = """
                SELECT id, entity_type, legacy_id, uuid_value, created_at, migration_run_id, validation_status
                  FROM godwit.uuid_mapping_ledger
                """ + (shown.isEmpty ? "" : " WHERE entity_type NOT IN (\(names))")
            let views = [ledger] + shown.map { Self.mappings($0, run) }
            // A view's columns can't change type in place.
            try self.query("drop the audit view", "DROP VIEW IF EXISTS godwit.uuid_mapping_audit")
            try self.query(
                "create the audit view",
                "CREATE VIEW godwit.uuid_mapping_audit AS " + views.joined(separator: " UNION ALL ")
            )
            try self.query("close the audit view to other roles", ControlSchema.revocation)
            try self.query("open the audit view to operators", ControlSchema.roleGrants)
        }
    }

    /// The mappings a target table holds; the id of a mapping is drawn from entity and key, so that it stays the same.
    private static func mappings(_ entity: Row, _ run: RunID) -> String {
        let name = quoteLiteral(entity.string("name"))
        let legacy = "target.\(entity.string("legacy_column"))"
        return """
            SELECT md5(\(name) || ':' || \(legacy))::uuid, \(name)::varchar(100), \(legacy)::bigint,
                   target.\(entity.string("id_column")),
                   (SELECT started_at FROM godwit.migration_runs WHERE id = '\(run)'),
                   '\(run)'::uuid, 'valid'::varchar(50)
              FROM \(entity.string("target_table")) AS target WHERE \(legacy) IS NOT NULL
            """
    }
}
