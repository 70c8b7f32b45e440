import Postgres
package import Scheduling

/// Objects of the target that are off although their run has ended: the coordinator that would have brought them back was
/// gone by then, or the rows did not allow it.
extension ControlStore {
    /// What is off now because of a run that has ended; nothing while the run goes on, or another one has it off too.
    ///
    /// An object that somebody has switched on by hand, or dropped, is not off.
    ///
    /// - Parameters:
    ///   - run: Only of this run; nil for all that have ended.
    ///   - resumed: Not of this run, which is gone on with.
    /// - Returns: The last first.
    /// - Throws: The server's error.
    package func objectsLeftOff(
        by run: RunID? = nil,
        besides resumed: RunID? = nil
    ) throws(ControlStoreError) -> [SuspendedRecord] {
        try self.query(
            "read what ended runs left switched off",
            """
            SELECT \(SuspendedRecord.columns)
              FROM godwit.suspended_objects AS object JOIN godwit.migration_runs AS run ON run.id = object.run_id
              \(Self.presence)
             WHERE object.restored_at IS NULL AND run.status IN ('cancelled', 'completed', 'failed')
               AND ($1::uuid IS NULL OR run.id = $1::uuid) AND run.id IS DISTINCT FROM $2::uuid
               AND \(Self.isOff)
               AND NOT EXISTS (
                       SELECT FROM godwit.suspended_objects AS other
                         JOIN godwit.migration_runs AS going ON going.id = other.run_id
                        WHERE other.restored_at IS NULL AND going.status IN ('running', 'paused')
                          AND (other.kind, other.table_name, other.object_name)
                              = (object.kind, object.table_name, object.object_name))
             ORDER BY object.id DESC
            """,
            [.text(run?.description), .text(resumed?.description)]
        )
        .rows.map { SuspendedRecord($0) }
    }

    /// Brings back what runs that have ended left off, as far as this role may: triggers first, the last first.
    ///
    /// Each step on its own, because one that can't be done must not keep the others off.
    ///
    /// - Parameters:
    ///   - run: Only of this run; nil for all that have ended.
    ///   - resumed: Not of this run, which is gone on with.
    ///   - triggersOnly: Whether indexes and constraints, which take their time, are left to somebody else.
    /// - Returns: What was brought back, and what the server refused.
    /// - Throws: What keeps all of them off: the target can't be used now.
    package func restoreObjectsLeftOff(
        by run: RunID? = nil,
        besides resumed: RunID? = nil,
        triggersOnly: Bool = false
    ) throws(ControlStoreError) -> Restoration {
        var result = Restoration()
        let objects = try self.objectsLeftOff(by: run, besides: resumed).filter { !triggersOnly || $0.isTrigger }
        for due in DueStep.of(objects) where !result.refused.contains(where: { $0.object.id == due.object.id }) {
            do throws(ControlStoreError) {
                try self.restore(due)
                if due.isLast { result.restored.append(due.object) }
            } catch {
                guard error.isOfObject else { throw error }
                result.refused.append((due.object, error))
            }
        }
        return result
    }

    /// How long to wait for a table that somebody writes to; the workers of a cancelled run roll back well within it.
    private static let patience = "15s"

    /// Does one step and notes it, in a transaction; one that is done already is only noted.
    ///
    /// Works without a coordinator, whatever became of the run.
    ///
    /// - Throws: The server's error; nothing has changed then.
    package func restore(_ due: DueStep) throws(ControlStoreError) {
        let object = due.object
        let purpose = "restore \(object.kind) \(object.name) of \(object.table)"
        try self.transaction(purpose) { () throws(ControlStoreError) in
            try self.query(purpose, "SET LOCAL lock_timeout = '\(Self.patience)'")
            let standing = try self.query(
                purpose,
                """
                SELECT object.steps_done, \(Self.isDone("object.steps->$2::integer")) AS is_done,
                       coalesce(present.is_gone, false) AS is_gone, \(Self.hindrance) AS hindrance,
                       \(Self.enabling) AS enabling,
                       set_config('search_path', coalesce(run.configuration->>'targetSearchPath', 'pg_catalog'), true),
                       set_config('default_tablespace', '', true),
                       set_config('maintenance_work_mem', coalesce(
                           (run.configuration->'policy'->>'maintenanceWorkMemory')::bigint / 1024 || 'kB',
                           current_setting('maintenance_work_mem')), true)
                  FROM godwit.suspended_objects AS object
                  LEFT JOIN godwit.migration_runs AS run ON run.id = object.run_id
                  \(Self.presence)
                 WHERE object.id = $1::bigint FOR UPDATE OF object
                """,
                [.integer(object.id), .integer(due.place)]
            )
            guard let row = standing.first, row.count("steps_done") == due.place else { return }
            if row.flag("is_gone") {
                if due.place == object.stepsDone { try self.tellGone(object) }
            } else if !row.flag("is_done") {
                if let hindrance = row.text("hindrance") {
                    throw ControlStoreError(.refused, "\(purpose): \(hindrance)")
                }
                try self.query(purpose, object.isTrigger ? row.text("enabling") ?? due.step.sql : due.step.sql)
            }
            try self.query(
                purpose,
                """
                WITH done AS (
                    UPDATE godwit.suspended_objects
                       SET steps_done = steps_done + 1,
                           restored_at = CASE WHEN steps_done + 1 = jsonb_array_length(steps) THEN clock_timestamp() END
                     WHERE id = $1::bigint
                    RETURNING id
                )
                UPDATE godwit.shards SET state = 'done', finished_at = clock_timestamp(), not_before = NULL
                 WHERE object_id = (SELECT id FROM done) AND kind = $2 AND state IN ('pending', 'failed')
                """,
                [.integer(object.id), .text(due.step.kind.rawValue)]
            )
        }
    }
}
