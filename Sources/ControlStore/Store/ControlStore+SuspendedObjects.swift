import FoundationEssentials
import Postgres
package import Scheduling

extension ControlStore {
    /// Switches objects off and records how to bring them back, in one transaction.
    package func suspend(_ objects: [SuspendedObject], in run: RunID) throws(ControlStoreError) {
        guard !objects.isEmpty else { return }
        try self.transaction("suspend \(objects.count) objects of the target") { () throws(ControlStoreError) in
            for object in objects {
                try self.record(object, in: run)
                try self.query("suspend \(object.kind) \(object.name) of \(object.table)", object.suspendSQL)
            }
        }
    }

    /// Writes down how to bring an object back, in the caller's transaction.
    func record(_ object: SuspendedObject, in run: RunID) throws(ControlStoreError) {
        try self.lead(
            "record how to restore \(object.kind) \(object.name) of \(object.table)",
            """
            INSERT INTO godwit.suspended_objects (run_id, entity, kind, table_name, object_name, steps)
            SELECT $2::uuid, $3, $4, $5, $6, $7::jsonb WHERE \(Self.reigns)
            """,
            [
                .run(run), .entity(object.entity), .text(object.kind), .text(object.table), .text(object.name),
                .json(object.steps),
            ]
        )
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

    /// What a run has switched off or dropped and not brought back yet, the first first.
    package func suspendedObjects(of run: RunID) throws(ControlStoreError) -> [SuspendedRecord] {
        try self.query(
            "read the suspended objects",
            """
            SELECT \(SuspendedRecord.columns) FROM godwit.suspended_objects AS object
             WHERE run_id = $1::uuid AND restored_at IS NULL ORDER BY id
            """,
            [.run(run)]
        )
        .rows.map { SuspendedRecord($0) }
    }

    /// Switches triggers on again, the last first; works without a coordinator, whatever became of the run.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - entity: Only its objects; nil for all of the run.
    ///   - isLeading: Whether it is a coordinator's work, which another one may have taken over.
    /// - Returns: The number of objects.
    /// - Throws: The server's error, or `termLost`; nothing is restored then.
    @discardableResult
    package func restoreTriggers(
        of run: RunID,
        entity: EntityName? = nil,
        isLeading: Bool = false
    ) throws(ControlStoreError) -> Int {
        try self.transaction("restore suspended triggers") { () throws(ControlStoreError) in
            if isLeading { try self.confirmLeadership() }
            let suspended =
                try self.query(
                    "read the suspended triggers",
                    """
                    SELECT \(SuspendedRecord.columns) FROM godwit.suspended_objects AS object
                     WHERE run_id = $1::uuid AND ($2::text IS NULL OR entity = $2::text) AND kind = 'trigger'
                       AND restored_at IS NULL
                     ORDER BY id DESC FOR UPDATE
                    """,
                    [.run(run), .text(entity?.rawValue)]
                )
                .rows
            for row in suspended { try self.bringBack(SuspendedRecord(row)) }
            return suspended.count
        }
    }

    /// Does every step that is left of an object and notes that, in the caller's transaction.
    func bringBack(_ object: SuspendedRecord) throws(ControlStoreError) {
        let purpose = "restore \(object.kind) \(object.name) of \(object.table)"
        for step in object.openSteps { try self.query(purpose, step.sql) }
        try self.query(
            purpose,
            """
            UPDATE godwit.suspended_objects SET steps_done = jsonb_array_length(steps), restored_at = clock_timestamp()
             WHERE id = $1::bigint
            """,
            [.integer(object.id)]
        )
    }
}

extension SuspendedRecord {
    /// What ``init(_:)`` reads, of `suspended_objects AS object`.
    static let columns = """
        object.id, object.run_id, object.entity, object.kind, object.table_name, object.object_name, object.steps,
        object.steps_done
        """

    init(_ row: Row) {
        self.init(
            id: row.integer("id") ?? 0,
            run: row.value("run_id") { RunID($0) },
            entity: row.entity("entity"),
            kind: row.string("kind"),
            table: row.string("table_name"),
            name: row.string("object_name"),
            steps: row.value("steps") { try? JSONDecoder().decode([RestoreStep].self, from: Data($0.utf8)) },
            stepsDone: row.count("steps_done")
        )
    }
}
