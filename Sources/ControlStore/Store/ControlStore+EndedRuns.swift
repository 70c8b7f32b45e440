import Postgres
package import Scheduling

/// Objects of the target that runs left switched off when they ended: the coordinator that would have brought them back
/// was gone by then.
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
             WHERE object.restored_at IS NULL AND run.status IN ('cancelled', 'completed', 'failed')
               AND ($1::uuid IS NULL OR run.id = $1::uuid) AND run.id IS DISTINCT FROM $2::uuid
               AND (object.kind <> 'trigger' OR EXISTS (
                       SELECT FROM pg_trigger AS trigger
                         JOIN pg_class AS class ON class.oid = trigger.tgrelid
                         JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
                        WHERE ARRAY[namespace.nspname::text, class.relname::text] = parse_ident(object.table_name)
                          AND trigger.tgname = object.object_name AND trigger.tgenabled = 'D'))
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

    /// Switches on what runs that have ended left off, the last first, as far as this role may.
    ///
    /// Each on its own, because one that can't be switched on must not keep the others off.
    ///
    /// - Parameters:
    ///   - run: Only of this run; nil for all that have ended.
    ///   - resumed: Not of this run, which is gone on with.
    /// - Returns: What was switched on, and what the server refused.
    /// - Throws: What keeps all of them off: the target can't be used now.
    package func restoreObjectsLeftOff(
        by run: RunID? = nil,
        besides resumed: RunID? = nil
    ) throws(ControlStoreError) -> Restoration {
        var result = Restoration()
        for object in try self.objectsLeftOff(by: run, besides: resumed) {
            do throws(ControlStoreError) {
                try self.restore(object)
                result.restored.append(object)
            } catch {
                guard let state = error.sqlState, !error.isTransient || state == .lockNotAvailable else { throw error }
                result.refused.append((object, error))
            }
        }
        return result
    }

    /// How long to wait for a table that somebody writes to; the workers of a cancelled run roll back well within it.
    private static let patience = "15s"

    private func restore(_ object: SuspendedRecord) throws(ControlStoreError) {
        let purpose = "restore \(object.kind) \(object.name) of \(object.table)"
        try self.transaction(purpose) { () throws(ControlStoreError) in
            try self.query(purpose, "SET LOCAL lock_timeout = '\(Self.patience)'")
            try self.bringBack(object)
        }
    }
}
