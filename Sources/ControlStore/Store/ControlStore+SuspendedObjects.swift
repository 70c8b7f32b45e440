import FoundationEssentials
import Postgres
package import Scheduling

extension ControlStore {
    /// Switches objects off and records how to bring them back, in one transaction.
    package func suspend(_ objects: [SuspendedObject], in run: RunID) throws(ControlStoreError) {
        guard !objects.isEmpty else { return }
        try self.transaction("suspend \(objects.count) objects of the target") { () throws(ControlStoreError) in
            for object in objects {
                if let object = try self.unrecorded(object, in: run) { try self.record(object, in: run) }
                try self.query("suspend \(object.kind) \(object.name) of \(object.table)", object.suspendSQL)
            }
        }
    }

    /// What is to be written down of an object that is about to be switched off; nil where the run has done so.
    ///
    /// A trigger that fires always, also for what a subscription writes, is to do so again.
    private func unrecorded(_ object: SuspendedObject, in run: RunID) throws(ControlStoreError) -> SuspendedObject? {
        guard object.steps.first?.kind == .trigger else { return object }
        let standing =
            try self.query(
                "look at trigger \(object.name) of \(object.table)",
                """
                SELECT EXISTS (SELECT FROM godwit.suspended_objects
                                WHERE run_id = $1::uuid AND kind = 'trigger' AND table_name = $2::text AND object_name = $3::text
                                  AND restored_at IS NULL) AS is_recorded,
                       EXISTS (SELECT FROM pg_trigger
                                WHERE tgrelid = \(Self.relation("$2::text")) AND tgname = $3::text AND tgenabled = 'A') AS is_always
                """,
                [.run(run), .text(object.table), .text(object.name)]
            )
            .first
        if standing?.flag("is_recorded") == true { return nil }
        guard standing?.flag("is_always") == true else { return object }
        var object = object
        object.steps = [
            RestoreStep(.trigger, "ALTER TABLE \(object.table) ENABLE ALWAYS TRIGGER \(quoteIdentifier(object.name))")
        ]
        return object
    }

    /// Writes down how to bring an object back, in the caller's transaction.
    func record(_ object: SuspendedObject, in run: RunID) throws(ControlStoreError) {
        try self.lead(
            "record how to restore \(object.kind) \(object.name) of \(object.table)",
            """
            INSERT INTO godwit.suspended_objects
                   (run_id, entity, kind, table_name, object_name, steps, table_oid, trigger_oid, column_numbers)
            SELECT $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::jsonb, relation.oid,
                   (SELECT oid FROM pg_trigger
                     WHERE $4::text = 'trigger' AND tgrelid = relation.oid AND tgname = $6::text),
                   (SELECT array_agg(DISTINCT need.refobjsubid) FROM pg_depend AS need
                     WHERE $4::text <> 'trigger' AND need.refclassid = 'pg_class'::regclass AND need.refobjid = relation.oid
                       AND need.refobjsubid > 0
                       AND (need.classid = 'pg_class'::regclass AND need.objid IN (
                                SELECT indexrelid FROM pg_index JOIN pg_class AS own ON own.oid = indexrelid
                                 WHERE indrelid = relation.oid AND own.relname = $6::text)
                            OR need.classid = 'pg_constraint'::regclass AND need.objid IN (
                                SELECT oid FROM pg_constraint WHERE conrelid = relation.oid AND conname = $6::text)))
              FROM (SELECT \(Self.relation("$5::text")) AS oid) AS relation
             WHERE \(Self.reigns)
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
                    SELECT \(SuspendedRecord.columns), present.trigger_name IS NULL AS is_gone, present.is_disabled,
                           \(Self.enabling) AS enabling
                      FROM godwit.suspended_objects AS object
                      \(Self.presence)
                     WHERE object.run_id = $1::uuid AND ($2::text IS NULL OR object.entity = $2::text)
                       AND object.kind = 'trigger' AND object.restored_at IS NULL
                     ORDER BY object.id DESC FOR UPDATE OF object
                    """,
                    [.run(run), .text(entity?.rawValue)]
                )
                .rows
            for row in suspended { try self.enable(row) }
            return suspended.count
        }
    }

    /// Switches a trigger on and notes that, in the caller's transaction; one that somebody has dropped is noted as gone.
    private func enable(_ row: Row) throws(ControlStoreError) {
        let object = SuspendedRecord(row)
        let purpose = "restore \(object.kind) \(object.name) of \(object.table)"
        if row.flag("is_gone") {
            try self.tellGone(object)
        } else if row.flag("is_disabled"), let sql = row.text("enabling") {
            try self.query(purpose, sql)
        }
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

extension ControlStore {
    /// Tells operators that somebody has dropped what was off, or a column that it needs.
    func tellGone(_ object: SuspendedRecord) throws(ControlStoreError) {
        let statement = TaskStatement.tellGone(object)
        try self.query("tell that \(object.name) is gone", statement.sql, statement.parameters)
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
