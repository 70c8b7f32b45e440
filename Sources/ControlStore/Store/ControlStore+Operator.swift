import Postgres
package import Scheduling

/// What an operator may do, whether or not a coordinator is up: nothing here asks for a term.
extension ControlStore {
    /// Stops grants from now on; what is leased goes on to its end.
    ///
    /// A run that is paused already stays as it is: the first reason is the one that counts.
    ///
    /// - Returns: Whether this changed anything.
    @discardableResult
    package func pause(_ run: RunID, reason: String, by caller: Caller? = nil) throws(ControlStoreError) -> Bool {
        try self.transaction("pause run \(run)") { () throws(ControlStoreError) in
            let isNew = try self.change(run, from: [.running], to: .paused, verb: "pause", reason: reason, by: caller)
            guard isNew else { return false }
            let who = try self.run(matching: .id(run)).statusBy
            let report = try self.errorReport(of: run, .byOperator, reason, by: who)
            try self.query(
                "keep the report of run \(run)",
                "UPDATE godwit.migration_runs SET error_details = $2::jsonb WHERE id = $1::uuid",
                [.run(run), .json(report)]
            )
            var data = report.data
            data["reason"] = reason
            try self.record([NewEvent(.info, "paused by an operator", data: data)], of: run, by: caller)
            return true
        }
    }

    /// Allows grants again.
    ///
    /// - Returns: Whether this changed anything.
    @discardableResult
    package func resume(_ run: RunID, by caller: Caller? = nil) throws(ControlStoreError) -> Bool {
        try self.transaction("resume run \(run)") { () throws(ControlStoreError) in
            let isNew = try self.change(
                run,
                from: [.paused, .failed],
                to: .running,
                verb: "resume",
                reason: nil,
                by: caller
            )
            guard isNew else { return false }
            try self.record([NewEvent(.info, "resumed by an operator")], of: run, by: caller)
            return true
        }
    }

    /// Gives a run up for good and takes every lease away, so that no fence of it holds any more.
    ///
    /// A shard that is just being committed keeps its row locked: it is left to end as done.
    package func cancel(_ run: RunID, reason: String, by caller: Caller? = nil) throws(ControlStoreError) {
        try self.transaction("cancel run \(run)") { () throws(ControlStoreError) in
            let isNew = try self.change(
                run,
                from: [.running, .paused, .failed],
                to: .cancelled,
                verb: "cancel",
                reason: reason,
                by: caller
            )
            guard isNew else { return }
            try self.query(
                "cancel the leases of run \(run)",
                """
                WITH held AS (
                    SELECT id, lease FROM godwit.shards WHERE run_id = $1::uuid AND state = 'leased'
                       FOR UPDATE SKIP LOCKED
                ), closed AS (
                    UPDATE godwit.attempts AS attempt SET ended_at = clock_timestamp(), outcome = 'cancelled'
                      FROM held WHERE attempt.lease = held.lease
                )
                UPDATE godwit.shards AS shard SET state = 'pending', lease = NULL, lease_until = NULL
                  FROM held WHERE shard.id = held.id
                """,
                [.run(run)]
            )
            try self.record(
                [NewEvent(.warning, .runCancelled, "cancelled by an operator", data: ["reason": reason])],
                of: run,
                by: caller
            )
        }
    }

    private func change(
        _ run: RunID,
        from allowed: [RunStatus],
        to status: RunStatus,
        verb: String,
        reason: String?,
        by caller: Caller?
    ) throws(ControlStoreError) -> Bool {
        let changed = try self.query(
            "\(verb) run \(run)",
            """
            UPDATE godwit.migration_runs
               SET status = $2::text, status_reason = $3, updated_at = clock_timestamp(),
                   status_by = coalesce($5::text || ' ', '') || '(role ' || session_user || ')',
                   pause_cause = CASE WHEN $2::text = 'paused' THEN $6::text END,
                   error_details = CASE WHEN $2::text = 'cancelled' THEN error_details END,
                   completed_at = CASE WHEN $2::text = 'cancelled' THEN clock_timestamp() END
             WHERE id = $1::uuid AND status = ANY ($4::text[])
            """,
            [
                .run(run), .text(status.rawValue), .text(reason), .texts(allowed.map(\.rawValue)),
                .text(caller?.description), .text(PauseCause.byOperator.rawValue),
            ]
        )
        guard changed.affectedRows == 0 else { return true }
        let current = try self.run(matching: .id(run))
        guard current.status != status else { return false }
        throw ControlStoreError(.refused, "run #\(current.number) is \(current.status.rawValue): nothing to \(verb)")
    }
}
