import Postgres
package import Scheduling

extension ControlStore {
    /// Switches objects off and records how to bring them back, in one transaction.
    package func suspend(_ objects: [SuspendedObject], in run: RunID) throws(ControlStoreError) {
        guard !objects.isEmpty else { return }
        try self.transaction("suspend \(objects.count) objects of the target") { () throws(ControlStoreError) in
            for object in objects {
                let purpose = "suspend \(object.kind) \(object.name) of \(object.table)"
                try self.lead(
                    purpose,
                    """
                    INSERT INTO godwit.suspended_objects (run_id, entity, kind, table_name, object_name, restore_sql)
                    SELECT $2::uuid, $3, $4, $5, $6, $7 WHERE \(Self.reigns)
                    """,
                    [
                        .run(run), .entity(object.entity), .text(object.kind), .text(object.table), .text(object.name),
                        .text(object.restoreSQL),
                    ]
                )
                try self.query(purpose, object.suspendSQL)
            }
        }
    }

    /// The triggers that are switched off now, by entity: a look at the target's catalog takes them for disabled ones.
    package func suspendedTriggers(of run: RunID) throws(ControlStoreError) -> [EntityName: [String]] {
        let rows = try self.query(
            "read the suspended triggers",
            """
            SELECT DISTINCT entity, object_name FROM godwit.suspended_objects
             WHERE run_id = $1::uuid AND kind = 'trigger' AND restored_at IS NULL ORDER BY 1, 2
            """,
            [.run(run)]
        )
        return Dictionary(grouping: rows.rows) { $0.entity("entity") }
            .mapValues { $0.map { $0.string("object_name") } }
    }

    /// Brings back what was switched off, the last first; works without a coordinator, whatever became of the run.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - entity: Only its objects; nil for all of the run.
    ///   - isLeading: Whether it is a coordinator's work, which another one may have taken over.
    /// - Returns: The number of objects.
    /// - Throws: The server's error, or `termLost`; nothing is restored then.
    @discardableResult
    package func restoreObjects(
        of run: RunID,
        entity: EntityName? = nil,
        isLeading: Bool = false
    ) throws(ControlStoreError) -> Int {
        try self.transaction("restore suspended objects") { () throws(ControlStoreError) in
            if isLeading { try self.confirmLeadership() }
            let suspended =
                try self.query(
                    "read the suspended objects",
                    """
                    SELECT id, run_id, entity, kind, object_name, table_name, restore_sql FROM godwit.suspended_objects
                     WHERE run_id = $1::uuid AND ($2::text IS NULL OR entity = $2::text) AND restored_at IS NULL
                     ORDER BY id DESC FOR UPDATE
                    """,
                    [.run(run), .text(entity?.rawValue)]
                )
                .rows
            for row in suspended { try self.bringBack(SuspendedRecord(row)) }
            return suspended.count
        }
    }

    /// Switches an object on again and notes that, in the caller's transaction.
    func bringBack(_ object: SuspendedRecord) throws(ControlStoreError) {
        let purpose = "restore \(object.kind) \(object.name) of \(object.table)"
        try self.query(purpose, object.restoreSQL)
        try self.query(
            purpose,
            "UPDATE godwit.suspended_objects SET restored_at = clock_timestamp() WHERE id = $1::bigint",
            [.integer(object.id)]
        )
    }
}

extension SuspendedRecord {
    init(_ row: Row) {
        self.init(
            id: row.integer("id") ?? 0,
            run: row.value("run_id") { RunID($0) },
            entity: row.entity("entity"),
            kind: row.string("kind"),
            table: row.string("table_name"),
            name: row.string("object_name"),
            restoreSQL: row.string("restore_sql")
        )
    }
}
