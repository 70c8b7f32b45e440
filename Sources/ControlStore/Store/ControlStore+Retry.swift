import Postgres
package import Scheduling

/// Shards that are to be worked on once more.
extension ControlStore {
    /// Makes failed shards pending with all their attempts, all or none; with `force`, finished ones too, whose next
    /// attempt merges: it inserts what is missing and updates what differs.
    ///
    /// A run that had ended is paused afterwards: resuming it works through them. One that paused itself after a failed
    /// shard goes on with the retry of failed shards; every other pause stands.
    ///
    /// - Parameters:
    ///   - selection: Which shards.
    ///   - run: The run.
    ///   - force: Whether finished ones are meant as well.
    ///   - revision: The corrected plan by which they go, nil for the one that the run has; recorded in the same
    ///     transaction, also where a filter found no shard.
    ///   - caller: Who asks for it.
    /// - Returns: The shards; empty where a filter found none.
    /// - Throws: `notFound` for a shard the run does not have, `refused` for one that can't be retried, or for a plan
    ///   that somebody else has corrected meanwhile.
    @discardableResult
    package func retry(
        _ selection: RetrySelection,
        in run: RunID,
        force: Bool = false,
        revision: NewPlanRevision? = nil,
        by caller: Caller? = nil
    ) throws(ControlStoreError) -> [ShardID] {
        try self.transaction("retry shards of run \(run)") { () throws(ControlStoreError) in
            try self.lock(run)
            let record = try self.run(matching: .id(run))
            guard record.status != .cancelled else {
                throw ControlStoreError(.refused, "run #\(record.number) was cancelled; its shards can't be retried")
            }
            if case .matching(let filter) = selection, let entity = filter.entity,
                try !self.entities(of: run).contains(where: { $0.name == entity })
            {
                throw ControlStoreError(.notFound, "run #\(record.number) has no entity \(entity)")
            }
            let shards = try self.chosen(selection, record, force: force)
            if let revision { _ = try self.record(revision, of: run, current: record.planRevision) }
            let merged = shards.filter { $0.state == .done }
            try self.requireStructures(of: Set(merged.map(\.entity)), record)
            try self.requireMergeKeys(of: Set(merged.map(\.entity)), run)
            if !shards.isEmpty { try self.reopen(shards.map(\.id), run, by: caller) }
            if shards.contains(where: { $0.state == .failed }) { try self.endPauseAfterFailure(of: run, by: caller) }
            try self.noteRetry(of: shards.map(\.id), merged: merged.count, revision, run, by: caller)
            return shards.map(\.id)
        }
    }

    private func noteRetry(
        of shards: [ShardID],
        merged: Int,
        _ revision: NewPlanRevision?,
        _ run: RunID,
        by caller: Caller?
    ) throws(ControlStoreError) {
        var data: [String: String] = [:]
        if let first = shards.first { data = ["shards": String(shards.count), "first": first.description] }
        if merged > 0 { data["merged"] = String(merged) }
        if let revision { data["plan_revision"] = String(revision.number) }
        guard !data.isEmpty else { return }
        let message = shards.isEmpty ? "plan corrected by an operator" : "shards retried by an operator"
        try self.record([NewEvent(.info, message, data: data)], of: run, by: caller)
    }

    /// Pending shards whose next attempt merges; a coordinator looks for them, because it takes finished ones as final.
    package func mergingShards(of run: RunID) throws(ControlStoreError) -> [ShardID] {
        try self.query(
            "look for shards to merge",
            "SELECT id FROM godwit.shards WHERE run_id = $1::uuid AND merges AND state = 'pending'",
            [.run(run)]
        )
        .rows.map { $0.shard("id") }
    }

    /// Locks the shards and refuses what can't be retried.
    private func chosen(
        _ selection: RetrySelection,
        _ record: RunRecord,
        force: Bool
    ) throws(ControlStoreError) -> [Candidate] {
        let run = record.id
        let states: [ShardState] = force ? [.failed, .done] : [.failed]
        switch selection {
        case .failed:
            return try self.candidates("state = 'failed'", [.run(run)])
        case .matching(let filter):
            return try self.candidates(
                """
                state = ANY ($2::text[]) AND (state <> 'done' OR kind IN ('copy', 'fill'))
                   AND ($3::text IS NULL OR entity = $3::text)
                   AND ($4::text IS NULL OR error_class = $4::text OR sql_state = $4::text
                        OR id IN (SELECT shard_id FROM godwit.rejects
                                   WHERE run_id = $1::uuid AND reason = $4::text AND resolved_at IS NULL))
                   AND ($5::bigint IS NULL
                        OR CASE WHEN keys IS NULL
                                THEN (lower_key IS NULL OR lower_key <= $6::bigint)
                                     AND (upper_key IS NULL OR upper_key > $5::bigint)
                                ELSE EXISTS (SELECT FROM unnest(keys) AS key WHERE key BETWEEN $5::bigint AND $6::bigint)
                           END)
                """,
                [
                    .run(run), .texts(states.map(\.rawValue)), .text(filter.entity?.rawValue), .text(filter.reason),
                    .integer(filter.keys?.lowerBound), .integer(filter.keys?.upperBound),
                ]
            )
        case .listed(let spans):
            let found = try self.candidates(
                """
                EXISTS (SELECT FROM unnest($2::bigint[], $3::bigint[]) AS span(first, last)
                         WHERE id BETWEEN span.first AND span.last)
                """,
                [.run(run), .shards(spans.map(\.first)), .shards(spans.map(\.last))]
            )
            return try self.judge(found, spans, run: record.number, states: Set(states))
        }
    }

    private func candidates(
        _ condition: String,
        _ parameters: [QueryParameter]
    ) throws(ControlStoreError) -> [Candidate] {
        try self.query(
            "find the shards to retry",
            """
            SELECT id, entity, kind, state FROM godwit.shards
             WHERE run_id = $1::uuid AND \(condition) ORDER BY id FOR UPDATE
            """,
            parameters
        )
        .rows
        .map {
            Candidate(
                id: $0.shard("id"),
                entity: $0.entity("entity"),
                kind: $0.value("kind") { ShardKind(rawValue: $0) },
                state: $0.value("state") { ShardState(rawValue: $0) }
            )
        }
    }

    /// Of the shards that were named those to retry; refuses all where one can't be.
    private func judge(
        _ found: [Candidate],
        _ spans: [ShardSpan],
        run: Int,
        states: Set<ShardState>
    ) throws(ControlStoreError) -> [Candidate] {
        let known = Set(found.map(\.id))
        let unknown = spans.flatMap { [$0.first, $0.last] }.filter { !known.contains($0) }
        guard unknown.isEmpty else {
            throw ControlStoreError(
                .notFound,
                "run #\(run) has no shard \(Self.list(unknown.uniqued())); nothing was retried"
            )
        }
        let named = Set(spans.filter(\.isSingle).map(\.first))
        let refusals = found.filter { named.contains($0.id) }.compactMap { $0.refusal(retrying: states) }
        guard refusals.isEmpty else {
            let rest = refusals.count > 10 ? " …" : ""
            throw ControlStoreError(
                .refused,
                "only failed\(states.contains(.done) ? " and finished" : "") shards can be retried: \(refusals.prefix(10).joined(separator: ", "))\(rest); nothing was retried"
            )
        }
        let chosen = found.filter { $0.refusal(retrying: states) == nil }
        for span in spans where !chosen.contains(where: { $0.id >= span.first && $0.id <= span.last }) {
            throw ControlStoreError(.refused, "\(span) has no failed shard; nothing was retried")
        }
        return chosen
    }

    /// Refuses, by name, tables in which a merge could not tell its own rows from others.
    private func requireMergeKeys(of entities: Set<EntityName>, _ run: RunID) throws(ControlStoreError) {
        guard !entities.isEmpty else { return }
        let resolved = try self.query(
            "read the resolved plan of run \(run)",
            """
            SELECT entity->>'name' AS name, entity->>'targetTable' AS target_table, entity->>'idColumn' AS id_column,
                   entity->>'legacyColumn' AS legacy_column,
                   entity->'identity'->'strategy' ?| ARRAY['ordered', 'v5'] AS computes_ids
              FROM godwit.migration_runs, jsonb_array_elements(configuration->'entities') AS entity
             WHERE id = $1::uuid AND entity->>'name' = ANY ($2::text[]) ORDER BY 1
            """,
            [.run(run), .texts(entities.map(\.rawValue))]
        )
        for row in resolved.rows {
            let statement = MergeKey.statement(table: row.string("target_table"))
            let columns = try self.query("look for a unique key", statement.sql, statement.parameters)
            let key = MergeKey(
                columns,
                legacyColumn: row.text("legacy_column"),
                idColumn: row.text("id_column"),
                computesIDs: row.flag("computes_ids")
            )
            guard key == nil else { continue }
            throw ControlStoreError(
                .refused,
                """
                \(row.string("target_table")) has no unique key by which a merge would know the rows of \
                \(row.string("name")): make a unique index on its legacy column; nothing was retried
                """
            )
        }
    }

    private func reopen(_ shards: [ShardID], _ run: RunID, by caller: Caller?) throws(ControlStoreError) {
        try self.query(
            "make shards pending",
            """
            WITH reopened AS (
                UPDATE godwit.shards
                   SET merges = merges OR state = 'done', state = 'pending', failed_attempts = 0, not_before = NULL,
                       finished_at = NULL
                 WHERE id = ANY ($2::bigint[])
                RETURNING entity, kind
            ), run AS (
                UPDATE godwit.migration_runs
                   SET status = 'paused', status_reason = 'shards are to be retried', completed_at = NULL,
                       pause_cause = $3, status_by = coalesce($4::text || ' ', '') || '(role ' || session_user || ')',
                       error_details = NULL, updated_at = clock_timestamp()
                 WHERE id = $1::uuid AND status IN ('completed', 'failed')
            )
            UPDATE godwit.entities
               SET stage = CASE WHEN moved.rows THEN 'copying' ELSE 'settled' END,
                   settled_at = CASE WHEN NOT moved.rows THEN settled_at END, completed_at = NULL
              FROM (SELECT entity, bool_or(kind NOT IN ('index', 'constraint', 'validate')) AS rows
                      FROM reopened GROUP BY entity) AS moved
             WHERE run_id = $1::uuid AND name = moved.entity
               AND stage IN ('settled', 'filling', 'constraining', 'complete')
            """,
            [
                .run(run), .shards(shards), .text(PauseCause.shardsRetried.rawValue), .text(caller?.description),
            ]
        )
    }

    /// The retry is what the pause waited for: its report ends with that command.
    private func endPauseAfterFailure(of run: RunID, by caller: Caller?) throws(ControlStoreError) {
        try self.query(
            "let run \(run) go on",
            """
            UPDATE godwit.migration_runs
               SET status = 'running', status_reason = NULL, pause_cause = NULL, error_details = NULL,
                   status_by = coalesce($3::text || ' ', '') || '(role ' || session_user || ')',
                   updated_at = clock_timestamp()
             WHERE id = $1::uuid AND status = 'paused' AND pause_cause = $2
            """,
            [.run(run), .text(PauseCause.errorStrategy.rawValue), .text(caller?.description)]
        )
    }

    private static func list(_ shards: [ShardID]) -> String {
        shards.prefix(10).map(\.description).joined(separator: ", ") + (shards.count > 10 ? " …" : "")
    }

    /// A shard that may be meant.
    private struct Candidate: Sendable {
        var id: ShardID
        var entity: EntityName
        var kind: ShardKind
        var state: ShardState

        /// Why it can't be retried; nil where it can.
        func refusal(retrying states: Set<ShardState>) -> String? {
            if self.state == .done, self.kind == .replay, states.contains(.done) {
                return "\(self.id) is a finished replay (force the copy shards of its keys)"
            }
            if self.state == .done, self.kind.isTask, states.contains(.done) {
                return "\(self.id) is a finished step of rebuilding an index or constraint"
            }
            if states.contains(self.state) { return nil }
            return switch self.state {
            case .done: "\(self.id) is done (--force merges its rows once more)"
            case .split: "\(self.id) was halved (name its halves instead, godwit shard show \(self.id) has them)"
            case .pending: "\(self.id) is pending (it is granted by itself)"
            case .failed, .leased: "\(self.id) is \(self.state.rawValue)"
            }
        }
    }
}

extension Array where Element: Hashable {
    /// Each element once, in the order of its first appearance.
    fileprivate func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return self.filter { seen.insert($0).inserted }
    }
}
