import Postgres
package import Scheduling

/// Replays that an operator asks for: nothing here needs a term, and all of a request is there or nothing.
extension ControlStore {
    /// So many rejects go into one replay shard: a second or two of work.
    static let keysPerReplay = 10_000

    /// Makes replay shards of open rejects, and of those of rows that refer to them, in dependency order.
    ///
    /// Rejects that are in an open replay already are left out, so asking twice changes nothing. The shards wait for a
    /// snapshot that is newer than the run's. A run that had ended is paused afterwards: resuming it works through them.
    ///
    /// - Parameters:
    ///   - filter: Which rejects; resolved ones are never replayed.
    ///   - revision: The corrected plan, nil where only the source was corrected.
    ///   - run: The run.
    /// - Returns: What is to be replayed; no shards where nothing is, and then nothing was changed but the plan.
    /// - Throws: `notFound` for an id the run does not have, `refused` for one that is resolved, a cancelled run or a
    ///   plan that somebody else has corrected meanwhile.
    package func requestReplay(
        _ filter: RejectFilter,
        revision: NewPlanRevision?,
        in run: RunID
    ) throws(ControlStoreError) -> ReplayRequest {
        try self.transaction("ask for a replay in run \(run)") { () throws(ControlStoreError) in
            let (status, current) = try self.lockForReplay(run)
            if let wanted = filter.identifiers { try self.requireOpen(wanted, run) }
            let waiting = try self.waitingReplays(of: run).map(\.shard)
            try self.gatherOpenReplays(run)
            let chosen = try self.chooseRejects(filter, run)
            var request = ReplayRequest(
                status: status,
                chosen: chosen,
                followers: 0,
                entities: [],
                shards: [],
                waiting: waiting,
                revision: current
            )
            // Also where nothing is chosen: whoever gives a plan means the rest of the run to go by it.
            if let revision { request.revision = try self.record(revision, of: run, current: current) }
            if chosen > 0 {
                request.followers = try self.chooseFollowers(run)
                request.entities = try self.chosenByEntity()
                request.shards = try self.makeReplayShards(run)
                try self.letGoOn(run)
            }
            if chosen > 0 || revision != nil { try self.noteReplay(request, run) }
            return request
        }
    }

    /// Adds to the replays that wait the rejects of rows that refer to theirs and were recorded after they were asked for.
    ///
    /// Rows that were on their way then had looked for their parents before; of those that came later, the presence says
    /// that the parent may still come.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - snapshot: The number of the one that the replays wait for.
    /// - Returns: How many rejects follow.
    /// - Throws: `termLost`, or the server's error; nothing is added then.
    @discardableResult
    package func completeReplays(of run: RunID, snapshot: Int) throws(ControlStoreError) -> Int {
        try self.transaction("complete the replays of run \(run)") { () throws(ControlStoreError) in
            try self.gatherOpenReplays(run)
            try self.query(
                "take the replays' rows for parents",
                "INSERT INTO pg_temp.godwit_replayed SELECT * FROM pg_temp.godwit_replaying"
            )
            let followers = try self.chooseFollowers(run)
            guard followers > 0 else { return 0 }
            try self.query(
                "leave out what is replayed",
                """
                DELETE FROM pg_temp.godwit_replayed AS replayed USING pg_temp.godwit_replaying AS replaying
                 WHERE replaying.entity = replayed.entity AND replaying.key = replayed.key
                """
            )
            let shards = try self.makeReplayShards(run)
            try self.lead(
                "have the replays of run \(run) wait together",
                """
                UPDATE godwit.shards SET needs_snapshot = $4::integer
                 WHERE run_id = $2::uuid AND id = ANY ($3::bigint[]) AND \(Self.reigns)
                """,
                [.run(run), .shards(shards), .integer(snapshot)]
            )
            return followers
        }
    }
}

/// The steps of a request, inside its transaction.
extension ControlStore {
    private func lockForReplay(_ run: RunID) throws(ControlStoreError) -> (RunStatus, revision: Int) {
        let row =
            try self.query(
                "lock run \(run)",
                "SELECT status, plan_revision FROM godwit.migration_runs WHERE id = $1::uuid FOR UPDATE",
                [.run(run)]
            )
            .first
        guard let row else { throw ControlStoreError(.notFound, "there is no run \(run)") }
        let status = row.value("status") { RunStatus(rawValue: $0) }
        guard status != .cancelled else {
            throw ControlStoreError(.refused, "run \(run) was cancelled; its rejects can't be replayed")
        }
        return (status, row.count("plan_revision"))
    }

    private func requireOpen(_ identifiers: [Int64], _ run: RunID) throws(ControlStoreError) {
        let found = try self.query(
            "look for the rejects",
            """
            SELECT id, resolution, resolved_at IS NULL AS is_open FROM godwit.rejects
             WHERE run_id = $1::uuid AND id = ANY ($2::bigint[])
            """,
            [.run(run), .integers(identifiers)]
        )
        let known = Set(found.rows.compactMap { $0.integer("id") })
        if let unknown = identifiers.first(where: { !known.contains($0) }) {
            throw ControlStoreError(.notFound, "run \(run) has no reject \(unknown); nothing is replayed")
        }
        if let resolved = found.rows.first(where: { !$0.flag("is_open") }) {
            throw ControlStoreError(
                .refused,
                """
                reject \(resolved.integer("id") ?? 0) is resolved (\(resolved.text("resolution") ?? "migrated")); \
                nothing is replayed
                """
            )
        }
    }

    /// Makes two temporary tables: of keys that are in an open replay, and of those that are chosen, which is empty.
    private func gatherOpenReplays(_ run: RunID) throws(ControlStoreError) {
        try self.script(
            "choose rejects",
            """
            CREATE TEMPORARY TABLE godwit_replayed (entity text, key bigint, PRIMARY KEY (entity, key)) ON COMMIT DROP;
            CREATE TEMPORARY TABLE godwit_replaying (entity text, key bigint, PRIMARY KEY (entity, key)) ON COMMIT DROP
            """
        )
        try self.query(
            "look for open replays",
            """
            INSERT INTO pg_temp.godwit_replaying
            SELECT DISTINCT entity, unnest(keys) FROM godwit.shards
             WHERE run_id = $1::uuid AND kind = 'replay' AND state IN ('pending', 'leased')
            """,
            [.run(run)]
        )
    }

    private func chooseRejects(_ filter: RejectFilter, _ run: RunID) throws(ControlStoreError) -> Int {
        var open = filter
        open.includesResolved = false
        let chosen = try self.query(
            "choose rejects",
            """
            INSERT INTO pg_temp.godwit_replayed
            SELECT DISTINCT reject.entity, reject.source_key FROM godwit.rejects AS reject
             WHERE \(RejectFilter.condition)
               AND NOT EXISTS (SELECT FROM pg_temp.godwit_replaying AS replaying
                                WHERE replaying.entity = reject.entity AND replaying.key = reject.source_key)
            """,
            open.parameters(run)
        )
        return chosen.affectedRows
    }

    /// Adds the rejects of rows that refer to chosen ones, and of those that refer to them, entity by entity.
    private func chooseFollowers(_ run: RunID) throws(ControlStoreError) -> Int {
        var followers = 0
        for entity in try self.entities(of: run).map(\.name) {
            // Two statements: an OR over both kinds could use no index.
            for (parents, match) in [
                ("pg_temp.godwit_replayed", "child.parent_key = parent.key"),
                ("(SELECT DISTINCT entity FROM pg_temp.godwit_replayed)", "child.parent_key IS NULL"),
            ] {
                followers +=
                    try self.query(
                        "choose the rejects of \(entity) that follow",
                        """
                        INSERT INTO pg_temp.godwit_replayed
                        SELECT DISTINCT child.entity, child.source_key
                          FROM \(parents) AS parent
                          JOIN godwit.rejects AS child
                            ON child.run_id = $1::uuid AND child.parent_entity = parent.entity AND \(match)
                         WHERE child.entity = $2 AND child.resolved_at IS NULL
                           AND NOT EXISTS (SELECT FROM pg_temp.godwit_replaying AS replaying
                                            WHERE replaying.entity = child.entity AND replaying.key = child.source_key)
                        ON CONFLICT DO NOTHING
                        """,
                        [.run(run), .entity(entity)]
                    )
                    .affectedRows
            }
        }
        return followers
    }

    private func chosenByEntity() throws(ControlStoreError) -> [ReplayRequest.EntityCount] {
        try self.query(
            "count the chosen rejects",
            "SELECT entity, count(*) AS count FROM pg_temp.godwit_replayed GROUP BY entity ORDER BY entity"
        )
        .rows.map { ReplayRequest.EntityCount(entity: $0.entity("entity"), rejects: $0.count("count")) }
    }

    private func makeReplayShards(_ run: RunID) throws(ControlStoreError) -> [ShardID] {
        try self.query(
            "make replay shards",
            """
            WITH marked AS (
                SELECT entity, key,
                       EXISTS (SELECT FROM godwit.rejects AS reject
                                WHERE reject.run_id = $1::uuid AND reject.entity = replayed.entity
                                  AND reject.source_key = replayed.key AND reject.resolved_at IS NULL
                                  AND reject.is_kept) AS merges
                  FROM pg_temp.godwit_replayed AS replayed
            ), numbered AS (
                SELECT *, (row_number() OVER (PARTITION BY entity, merges ORDER BY key) - 1) / $2::bigint AS part
                  FROM marked
            )
            INSERT INTO godwit.shards (run_id, entity, kind, keys, estimated_rows, needs_snapshot, merges)
            SELECT run.id, part.entity, 'replay', part.keys, cardinality(part.keys), run.snapshot_number + 1, part.merges
              FROM godwit.migration_runs AS run,
                   (SELECT entity, merges, array_agg(key ORDER BY key) AS keys
                      FROM numbered GROUP BY entity, merges, part) AS part
             WHERE run.id = $1::uuid
            RETURNING id
            """,
            [.run(run), .integer(Self.keysPerReplay)]
        )
        .rows.map { $0.shard("id") }
    }

    /// Opens a run that had ended.
    private func letGoOn(_ run: RunID) throws(ControlStoreError) {
        try self.query(
            "let run \(run) go on",
            """
            UPDATE godwit.migration_runs
               SET status = 'paused', status_reason = 'rejects are to be replayed', pause_cause = $2,
                   completed_at = NULL, updated_at = clock_timestamp()
             WHERE id = $1::uuid AND status IN ('completed', 'failed')
            """,
            [.run(run), .text(PauseCause.shardsRetried.rawValue)]
        )
    }

    private func noteReplay(_ request: ReplayRequest, _ run: RunID) throws(ControlStoreError) {
        let role = try self.query("ask who this is", "SELECT session_user AS role").first?.text("role") ?? ""
        let event = NewEvent(
            .info,
            request.chosen > 0 ? "rejects replayed by an operator" : "plan corrected by an operator",
            data: [
                "rejects": String(request.chosen), "followers": String(request.followers),
                "shards": String(request.shards.count), "plan_revision": String(request.revision), "role": role,
            ]
        )
        try self.record([event], of: run)
    }
}
