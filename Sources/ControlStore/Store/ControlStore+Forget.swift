import Postgres
import Scheduling

extension ControlStore {
    /// Gives an object up that is off and need not come back as it was; its tasks are done with it.
    ///
    /// - Parameters:
    ///   - object: What is off.
    ///   - reason: Why, for those who look for it later.
    ///   - caller: Who it is, for the event.
    /// - Throws: `refused` where somebody is at it, or it is back.
    package func forget(
        _ object: SuspendedRecord,
        reason: String,
        by caller: Caller? = nil
    ) throws(ControlStoreError) {
        let purpose = "give up \(object.kind) \(object.name) of \(object.table)"
        try self.transaction(purpose) { () throws(ControlStoreError) in
            // Locked by whoever is at its next step: that may take an hour.
            let taken = try self.query(
                purpose,
                """
                SELECT restored_at IS NULL AS is_open FROM godwit.suspended_objects
                 WHERE id = $1::bigint FOR UPDATE SKIP LOCKED
                """,
                [.integer(object.id)]
            )
            let isLeased = try self.query(
                purpose,
                "SELECT FROM godwit.shards WHERE object_id = $1::bigint AND state = 'leased'",
                [.integer(object.id)]
            )
            guard taken.first?.flag("is_open") == true, isLeased.isEmpty else {
                throw ControlStoreError(.refused, "\(purpose): it is back, or somebody is at it")
            }
            try self.query(
                purpose,
                """
                UPDATE godwit.suspended_objects
                   SET steps_done = jsonb_array_length(steps), restored_at = clock_timestamp(), given_up = $2
                 WHERE id = $1::bigint
                """,
                [.integer(object.id), .text(reason)]
            )
            try self.query(
                purpose,
                """
                UPDATE godwit.shards SET state = 'done', finished_at = clock_timestamp(), not_before = NULL
                 WHERE object_id = $1::bigint AND state IN ('pending', 'failed')
                """,
                [.integer(object.id)]
            )
            let text = "\(object.kind) \(object.name) of \(object.table) is given up: \(reason)"
            try self.record([NewEvent(.info, text, entity: object.entity)], of: object.run, by: caller)
        }
    }
}
