import Postgres
package import Scheduling

/// What an operator may do, whether or not a coordinator is up: nothing here asks for a term.
extension ControlStore {
    /// Stops grants from now on; what is leased goes on to its end.
    package func pause(_ run: RunID, reason: String) throws(ControlStoreError) {
        try self.change(run, from: [.running], to: .paused, verb: "pause", reason: reason)
    }

    /// Allows grants again.
    package func resume(_ run: RunID) throws(ControlStoreError) {
        try self.change(run, from: [.paused, .failed], to: .running, verb: "resume", reason: nil)
    }

    /// Gives a run up for good and takes every lease away, so that no fence of it holds any more.
    ///
    /// A shard that is just being committed keeps its row locked: it is left to end as done.
    package func cancel(_ run: RunID, reason: String) throws(ControlStoreError) {
        try self.transaction("cancel run \(run)") { () throws(ControlStoreError) in
            try self.change(run, from: [.running, .paused, .failed], to: .cancelled, verb: "cancel", reason: reason)
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
        }
    }

    /// Makes failed shards pending with all their attempts, all or none.
    ///
    /// A run that had ended is paused afterwards: resuming it works through them.
    ///
    /// - Returns: The shards; empty where `failed` or `entity` found none.
    /// - Throws: `notFound` for a shard the run does not have, `refused` for one that has not failed.
    @discardableResult
    package func retry(_ selection: RetrySelection, in run: RunID) throws(ControlStoreError) -> [ShardID] {
        try self.transaction("retry shards of run \(run)") { () throws(ControlStoreError) in
            guard try self.run(matching: .id(run)).status != .cancelled else {
                throw ControlStoreError(.refused, "run \(run) was cancelled; its shards can't be retried")
            }
            let shards = try self.failedShards(selection, run)
            guard !shards.isEmpty else { return [] }
            try self.reopen(shards, run)
            let event = NewEvent(.info, "shards retried by an operator", data: ["shards": String(shards.count)])
            try self.record([event], of: run)
            return shards
        }
    }

    private func change(
        _ run: RunID,
        from allowed: [RunStatus],
        to status: RunStatus,
        verb: String,
        reason: String?
    ) throws(ControlStoreError) {
        let changed = try self.query(
            "\(verb) run \(run)",
            """
            UPDATE godwit.migration_runs
               SET status = $2::text, status_reason = $3, updated_at = clock_timestamp(),
                   completed_at = CASE WHEN $2::text = 'cancelled' THEN clock_timestamp() END
             WHERE id = $1::uuid AND status = ANY ($4::text[])
            """,
            [.run(run), .text(status.rawValue), .text(reason), .texts(allowed.map(\.rawValue))]
        )
        guard changed.affectedRows == 0 else { return }
        let current = try self.run(matching: .id(run)).status
        guard current != status else { return }
        throw ControlStoreError(.refused, "run \(run) is \(current.rawValue): nothing to \(verb)")
    }

    /// Locks the shards and refuses what can't be retried.
    private func failedShards(_ selection: RetrySelection, _ run: RunID) throws(ControlStoreError) -> [ShardID] {
        let condition: String
        let parameter: QueryParameter
        switch selection {
        case .shards(let shards):
            condition = "id = ANY ($2::bigint[])"
            parameter = .shards(shards)
        case .failed:
            condition = "state = 'failed' AND $2::text IS NULL"
            parameter = .null
        case .entity(let entity):
            condition = "state = 'failed' AND entity = $2::text"
            parameter = .entity(entity)
        }
        let found =
            try self.query(
                "find the shards to retry",
                "SELECT id, state FROM godwit.shards WHERE run_id = $1::uuid AND \(condition) ORDER BY id FOR UPDATE",
                [.run(run), parameter]
            )
            .rows.map { (id: $0.shard("id"), state: $0.value("state") { ShardState(rawValue: $0) }) }
        if case .shards(let shards) = selection {
            let known = Set(found.map(\.id))
            let unknown = shards.filter { !known.contains($0) }
            guard unknown.isEmpty else {
                throw ControlStoreError(.notFound, "run \(run) has no shard \(Self.list(unknown)); nothing was retried")
            }
        } else if case .entity(let entity) = selection,
            try !self.entities(of: run).contains(where: { $0.name == entity })
        {
            throw ControlStoreError(.notFound, "run \(run) has no entity \(entity)")
        }
        let others = found.filter { $0.state != .failed }
        guard others.isEmpty else {
            let texts = others.prefix(10).map { "\($0.id) is \($0.state.rawValue)" }.joined(separator: ", ")
            throw ControlStoreError(.refused, "only failed shards can be retried: \(texts); nothing was retried")
        }
        return found.map(\.id)
    }

    private func reopen(_ shards: [ShardID], _ run: RunID) throws(ControlStoreError) {
        try self.query(
            "make failed shards pending",
            """
            WITH reopened AS (
                UPDATE godwit.shards
                   SET state = 'pending', failed_attempts = 0, not_before = NULL, finished_at = NULL
                 WHERE id = ANY ($2::bigint[])
                RETURNING entity
            ), run AS (
                UPDATE godwit.migration_runs
                   SET status = 'paused', status_reason = 'shards are to be retried', completed_at = NULL,
                       updated_at = clock_timestamp()
                 WHERE id = $1::uuid AND status IN ('completed', 'failed')
            )
            UPDATE godwit.entities SET stage = 'copying', settled_at = NULL, completed_at = NULL
             WHERE run_id = $1::uuid AND name IN (SELECT entity FROM reopened)
               AND stage IN ('settled', 'filling', 'complete')
            """,
            [.run(run), .shards(shards)]
        )
    }

    private static func list(_ shards: [ShardID]) -> String {
        shards.prefix(10).map(\.description).joined(separator: ", ") + (shards.count > 10 ? " …" : "")
    }
}
