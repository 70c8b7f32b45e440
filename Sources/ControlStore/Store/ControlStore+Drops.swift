import Postgres
package import Scheduling

/// Indexes and constraints that are dropped before an entity's load.
extension ControlStore {
    /// How long a DROP waits for a lock, and everybody who wants the table after it waits behind.
    ///
    /// Below `deadlock_timeout` (1 s by default), so that of two who wait for each other this one gives way first: a
    /// shard at work on a parent's rows is not to fail for it. Safe from some ten milliseconds on.
    private static let patience = "900ms"

    /// Drops objects and records how to bring them back, in one transaction; only before the first shard of an entity.
    ///
    /// An object that is no longer what it was, or that something else has come to depend on, stays in place.
    ///
    /// - Returns: What was dropped.
    /// - Throws: `termLost`, or the server's error where a table is busy or the session lost: nothing is dropped then.
    package func drop(
        _ objects: [DroppedObject],
        of entity: EntityName,
        table: String,
        in run: RunID
    ) throws(ControlStoreError) -> DropOutcome {
        let purpose = "drop indexes and constraints of \(table) for the load"
        return try self.transaction(purpose) { () throws(ControlStoreError) in
            try self.confirmLeadership()
            guard try self.isUntouched(entity, run, purpose) else { return .notTheFirst }
            try self.query(purpose, "SET LOCAL lock_timeout = '\(Self.patience)'")
            try self.query(purpose, "LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE")
            let hasRows = try self.query(purpose, "SELECT EXISTS (SELECT FROM \(table)) AS has_rows").first
            guard hasRows?.flag("has_rows") == false else { return .hasRows }
            var dropped: [String] = []
            var left: [String: String] = [:]
            for object in objects {
                if let reason = try self.drop(object, run) {
                    left[object.object.name] = reason
                } else {
                    dropped.append(object.object.name)
                }
            }
            return .dropped(dropped, left: left)
        }
    }

    /// Whether no shard of the entity was ever granted, and nothing was dropped for it.
    private func isUntouched(_ entity: EntityName, _ run: RunID, _ purpose: String) throws(ControlStoreError) -> Bool {
        try self
            .query(
                purpose,
                """
                SELECT NOT EXISTS (SELECT FROM godwit.shards WHERE run_id = $1::uuid AND entity = $2 AND attempt > 0)
                   AND NOT EXISTS (SELECT FROM godwit.suspended_objects
                                    WHERE run_id = $1::uuid AND entity = $2 AND kind <> 'trigger') AS is_untouched
                """,
                [.run(run), .entity(entity)]
            )
            .first?
            .flag("is_untouched") ?? false
    }

    /// Drops one object; answers why it stays in place, nil where it does not.
    private func drop(_ dropped: DroppedObject, _ run: RunID) throws(ControlStoreError) -> String? {
        let object = dropped.object
        let purpose = "drop \(object.kind) \(object.name) of \(object.table)"
        let row = try self.query(purpose, "SELECT (\(dropped.isUnchanged)) IS TRUE AS is_unchanged").first
        guard row?.flag("is_unchanged") == true else { return "it is not what it was when the run was opened" }
        try self.query(purpose, "SAVEPOINT dropping")
        do throws(ControlStoreError) {
            try self.record(object, in: run)
            try self.query(purpose, object.suspendSQL)
            try self.query(purpose, "RELEASE SAVEPOINT dropping")
            return nil
        } catch {
            guard error.sqlState != nil, !error.isTransient, error.code != .termLost else { throw error }
            try self.query(purpose, "ROLLBACK TO SAVEPOINT dropping")
            return error.underlying?.message ?? error.message
        }
    }
}
