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
