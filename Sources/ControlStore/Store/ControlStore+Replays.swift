import Postgres
package import Scheduling

/// What is known of replays, and of the versions of the plan they go by.
extension ControlStore {
    /// Replay shards that wait for a newer snapshot, with its number.
    package func waitingReplays(of run: RunID) throws(ControlStoreError) -> [(shard: ShardID, snapshot: Int)] {
        try self.query(
            "look for replays that wait",
            """
            SELECT id, needs_snapshot FROM godwit.shards
             WHERE run_id = $1::uuid AND state = 'pending' AND needs_snapshot IS NOT NULL ORDER BY id
            """,
            [.run(run)]
        )
        .rows.map { ($0.shard("id"), $0.count("needs_snapshot")) }
    }

    /// What became of the rejects in these shards, and in the halves of them.
    package func outcome(of shards: [ShardID]) throws(ControlStoreError) -> ReplayOutcome {
        let keys =
            try self.query(
                "count the keys of replays",
                """
                SELECT coalesce(sum(cardinality(keys)) FILTER (WHERE state = 'done'), 0) AS done,
                       coalesce(sum(cardinality(keys)) FILTER (WHERE state <> 'done'), 0) AS open
                  FROM godwit.shards
                 WHERE (id = ANY ($1::bigint[]) OR origin = ANY ($1::bigint[])) AND state <> 'split'
                """,
                [.shards(shards)]
            )
            .first
        var outcome = ReplayOutcome(unchanged: keys?.count("done") ?? 0, notReplayed: keys?.count("open") ?? 0)
        let rows = try self.query(
            "count what replays did",
            """
            SELECT resolution, count(*) AS count FROM godwit.rejects
             WHERE resolved_by IN (SELECT id FROM godwit.shards
                                    WHERE id = ANY ($1::bigint[]) OR origin = ANY ($1::bigint[]))
             GROUP BY resolution
            """,
            [.shards(shards)]
        )
        for row in rows.rows {
            let count = row.count("count")
            outcome.unchanged -= count
            switch row.optional("resolution", { RejectResolution(rawValue: $0) }) {
            case .migrated, nil: outcome.migrated += count
            case .superseded: outcome.superseded += count
            case .gone: outcome.gone += count
            case .filtered: outcome.filtered += count
            }
        }
        return outcome
    }

    /// The versions of a run's plan, the first included; none where it was never corrected.
    package func planRevisions(of run: RunID) throws(ControlStoreError) -> [PlanRevisionRecord] {
        try self.query(
            "read the revisions of the plan",
            """
            SELECT number, plan_hash, to_json(changes) AS changes, created_by FROM godwit.plan_revisions
             WHERE run_id = $1::uuid ORDER BY number
            """,
            [.run(run)]
        )
        .rows
        .map {
            PlanRevisionRecord(
                number: $0.count("number"),
                planHash: $0.string("plan_hash"),
                changes: $0.strings("changes"),
                createdBy: $0.string("created_by")
            )
        }
    }

    /// The JSON that workers execute, with the number of its revision.
    package func currentPlan(_ run: RunID) throws(ControlStoreError) -> (revision: Int, resolved: String) {
        let result = try self.query(
            "read the plan of run \(run)",
            "SELECT plan_revision, configuration::text AS plan FROM godwit.migration_runs WHERE id = $1::uuid",
            [.run(run)]
        )
        guard let row = result.first else { throw ControlStoreError(.notFound, "there is no run \(run)") }
        return (row.count("plan_revision"), row.string("plan"))
    }

    /// How often rows were migrated with something else than they had, by entity and `column:kind`.
    package func adjustments(of run: RunID) throws(ControlStoreError) -> [(
        entity: EntityName, name: String, rows: Int
    )] {
        try self.query(
            "read the adjustments of run \(run)",
            """
            SELECT entity, name, sum(rows::bigint)::bigint AS rows
              FROM godwit.shards, jsonb_each_text(adjusted) AS adjustment(name, rows)
             WHERE run_id = $1::uuid AND state = 'done' GROUP BY entity, name ORDER BY entity, name
            """,
            [.run(run)]
        )
        .rows.map { ($0.entity("entity"), $0.string("name"), $0.count("rows")) }
    }
}
