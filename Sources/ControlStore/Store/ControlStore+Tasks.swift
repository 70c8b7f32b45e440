import Postgres
package import Scheduling

/// Shards that bring back, step by step, what was dropped for the load.
extension ControlStore {
    /// Makes shards of the steps of a round that are next on their objects and have none yet; doing it again makes none.
    ///
    /// - Returns: The new shards.
    package func planTasks(
        _ round: TaskRound,
        of entity: EntityName,
        in run: RunID
    ) throws(ControlStoreError) -> [ShardID] {
        try self.lead(
            "plan the tasks of \(entity)",
            """
            INSERT INTO godwit.shards (run_id, entity, kind, object_id)
            SELECT object.run_id, object.entity, object.steps->object.steps_done->>'kind', object.id
              FROM godwit.suspended_objects AS object
             WHERE object.run_id = $2::uuid AND object.entity = $3 AND object.restored_at IS NULL
               AND object.steps->object.steps_done->>'kind' = $4
               AND ($5::boolean IS NULL OR jsonb_path_exists(object.steps, '$[*] ? (@.kind == "index")') = $5::boolean)
               AND NOT EXISTS (SELECT FROM godwit.shards AS task
                                WHERE task.object_id = object.id AND task.kind = $4)
               AND \(Self.reigns)
             ORDER BY object.id
            RETURNING id
            """,
            [.run(run), .entity(entity), .text(round.kind.rawValue), round.isOfIndex.map { .bool($0) } ?? .null]
        )
        .rows.map { $0.shard("id") }
    }

    /// Rounds of tasks that are left, by entity; those that nothing is left of are missing.
    ///
    /// An object whose next step has failed is left out: what follows comes up again with its retry.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - entity: Only of this one; nil for all.
    /// - Returns: The rounds.
    /// - Throws: The server's error.
    package func dueRounds(
        of run: RunID,
        entity: EntityName? = nil
    ) throws(ControlStoreError) -> [EntityName: Set<TaskRound>] {
        let rows =
            try self.query(
                "read what is left to rebuild",
                """
                SELECT DISTINCT object.entity, step.value->>'kind' AS kind,
                       jsonb_path_exists(object.steps, '$[*] ? (@.kind == "index")') AS is_of_index
                  FROM godwit.suspended_objects AS object,
                       jsonb_array_elements(object.steps) WITH ORDINALITY AS step(value, number)
                 WHERE object.run_id = $1::uuid AND ($2::text IS NULL OR object.entity = $2::text)
                   AND object.restored_at IS NULL AND step.number > object.steps_done
                   AND NOT EXISTS (SELECT FROM godwit.shards AS task
                                    WHERE task.object_id = object.id AND task.state = 'failed')
                """,
                [.run(run), .text(entity?.rawValue)]
            )
            .rows
        var rounds: [EntityName: Set<TaskRound>] = [:]
        for row in rows {
            guard let kind = row.value("kind", { RestoreStep.Kind(rawValue: $0) }).shardKind,
                let round = TaskRound(kind, isOfIndex: row.flag("is_of_index"))
            else { continue }
            rounds[row.entity("entity"), default: []].insert(round)
        }
        return rounds
    }
}

extension TaskRound {
    /// The round of an object's step; nil for what is no task.
    init?(_ kind: ShardKind, isOfIndex: Bool) {
        switch kind {
        case .index: self = .indexes
        case .constraint: self = isOfIndex ? .keys : .foreignKeys
        case .validate: self = .validations
        case .copy, .fill, .replay: return nil
        }
    }

    /// What its shards are.
    var kind: ShardKind {
        switch self {
        case .indexes: .index
        case .keys, .foreignKeys: .constraint
        case .validations: .validate
        }
    }

    /// Whether its objects have an index to build; nil where that makes no difference.
    var isOfIndex: Bool? {
        switch self {
        case .keys: true
        case .foreignKeys: false
        case .indexes, .validations: nil
        }
    }
}

extension ControlStore {
    /// The tasks of a run that somebody is at, with what the server says of their progress, and those that have failed.
    package func tasks(of run: RunID) throws(ControlStoreError) -> [TaskRecord] {
        try self.query(
            "read the tasks of run \(run)",
            """
            SELECT task.id, task.entity, task.kind, task.state, task.message, object.object_name, object.table_name,
                   CASE WHEN task.state = 'leased' THEN task.worker END AS worker, progress.fraction,
                   CASE WHEN task.state = 'leased'
                        THEN extract(epoch FROM clock_timestamp() - task.leased_at)::double precision END AS seconds
              FROM godwit.shards AS task JOIN godwit.suspended_objects AS object ON object.id = task.object_id
              LEFT JOIN LATERAL (
                  SELECT CASE WHEN build.phase LIKE '%scanning%'
                              THEN 0.5 * build.blocks_done / greatest(build.blocks_total, 1)
                              WHEN build.phase LIKE '%sorting%' THEN 0.5
                              WHEN build.phase LIKE '%loading%'
                              THEN 0.5 + 0.5 * build.tuples_done / greatest(build.tuples_total, 1) END
                         ::double precision AS fraction
                    FROM pg_stat_activity AS session JOIN pg_stat_progress_create_index AS build USING (pid)
                   WHERE task.state = 'leased' AND session.application_name = $2 || task.lease
                   LIMIT 1
              ) AS progress ON true
             WHERE task.run_id = $1::uuid AND task.state IN ('leased', 'failed') ORDER BY task.id
            """,
            [.run(run), .text(LeaseApplicationName.prefix)]
        )
        .rows
        .map { row in
            TaskRecord(
                shard: row.shard("id"),
                entity: row.entity("entity"),
                kind: row.value("kind") { ShardKind(rawValue: $0) },
                name: row.string("object_name"),
                table: row.string("table_name"),
                state: row.value("state") { ShardState(rawValue: $0) },
                worker: row.text("worker").map { WorkerName(rawValue: $0) },
                fraction: row.double("fraction").map { min(1, max(0, $0)) },
                seconds: row.double("seconds"),
                message: row.text("message")
            )
        }
    }
}
