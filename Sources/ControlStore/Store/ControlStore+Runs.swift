import FoundationEssentials
import Postgres
package import Scheduling

extension ControlStore {
    /// Opens a run of type `initial`.
    package func createRun(_ run: NewRun) throws(ControlStoreError) -> RunRecord {
        let purpose = "create a run of plan \(run.name)"
        let created = try self.lead(
            purpose,
            """
            INSERT INTO godwit.migration_runs
                   (migration_type, name, plan_hash, plan_text, configuration, source_system)
            SELECT 'initial', $2, $3, $4, $5::jsonb, $6::numeric
             WHERE \(Self.reigns)
            RETURNING id
            """,
            [
                .text(run.name), .text(run.planHash), .text(run.planText), .text(run.resolvedPlan),
                .text(run.sourceSystem.map(String.init)),
            ]
        )
        guard let id = created.first else { throw ControlStoreError(.unexpectedAnswer, purpose) }
        return try self.run(matching: .id(id.value("id") { RunID($0) }))
    }

    /// The run a command means.
    ///
    /// - Throws: `notFound`, or `ambiguous` where a prefix fits several.
    package func run(matching selector: RunSelector) throws(ControlStoreError) -> RunRecord {
        switch selector {
        case .latest:
            guard let run = try self.runs("TRUE", [], limit: 1).first else {
                throw ControlStoreError(.notFound, "there is no run yet")
            }
            return run
        case .id(let id):
            guard let run = try self.runs("run.id = $1::uuid", [.run(id)], limit: 1).first else {
                throw ControlStoreError(.notFound, "there is no run \(id)")
            }
            return run
        case .prefix(let prefix):
            let found = try self.runs(
                "starts_with(run.id::text, lower($1)) OR '#' || run.number = $1",
                [.text(prefix)],
                limit: 2
            )
            guard let run = found.first else { throw ControlStoreError(.notFound, "there is no run \(prefix)") }
            guard found.count == 1 else {
                throw ControlStoreError(.ambiguous, "more than one run begins with \(prefix); give more of its id")
            }
            return run
        }
    }

    /// The runs, newest first.
    package func runs(limit: Int = 100) throws(ControlStoreError) -> [RunRecord] {
        try self.runs("TRUE", [], limit: limit)
    }

    /// The run that starting this plan would resume: the plan's newest, unless it ended for good.
    package func unfinishedRun(planName: String) throws(ControlStoreError) -> RunRecord? {
        let newest = try self.runs("run.name = $1", [.text(planName)], limit: 1).first
        guard let newest, newest.status != .completed, newest.status != .cancelled else { return nil }
        return newest
    }

    /// The JSON that workers execute.
    package func resolvedPlan(_ run: RunID) throws(ControlStoreError) -> String {
        try self.ofRun(run, column: "configuration")
    }

    /// The plan file as it was read.
    package func planText(_ run: RunID) throws(ControlStoreError) -> String {
        try self.ofRun(run, column: "plan_text")
    }

    /// Records how a run stands; `completed` and `failed` set its end.
    package func setStatus(
        _ run: RunID,
        _ status: RunStatus,
        reason: String? = nil,
        errorDetails: [String: String]? = nil
    ) throws(ControlStoreError) {
        try self.lead(
            "set run \(run) to \(status.rawValue)",
            """
            UPDATE godwit.migration_runs
               SET status = $3::text, status_reason = $4, status_by = NULL, pause_cause = NULL,
                   error_details = CASE WHEN $3::text = 'running' THEN NULL ELSE coalesce($5::jsonb, error_details) END,
                   completed_at = CASE WHEN $3::text IN ('completed', 'failed') THEN clock_timestamp() END,
                   is_mixed = CASE WHEN $3::text <> 'completed' THEN is_mixed ELSE (\(Self.mixedSnapshots("$2"))) END,
                   updated_at = clock_timestamp()
             WHERE id = $2::uuid AND status <> 'cancelled' AND \(Self.reigns)
            """,
            [.run(run), .text(status.rawValue), .text(reason), errorDetails.map { .json($0) } ?? .null]
        )
    }

    /// Records that a run is completed, unless a shard is left to do, or somebody has cancelled it meanwhile.
    ///
    /// Whoever gives it more to do locks its row as well, so that neither can miss the other.
    ///
    /// - Returns: Whether it is completed; otherwise nothing is changed.
    package func complete(_ run: RunID, reason: String) throws(ControlStoreError) -> Bool {
        try self.transaction("complete run \(run)") { () throws(ControlStoreError) in
            try self.lock(run)
            // A statement of its own: it sees what was committed while the lock was waited for.
            let open = try self.query(
                "look for what keeps run \(run) from its end",
                """
                SELECT FROM godwit.migration_runs AS run
                 WHERE run.id = $1::uuid AND (run.status = 'cancelled' OR EXISTS (
                           SELECT FROM godwit.shards AS shard
                            WHERE shard.run_id = run.id AND shard.state IN ('pending', 'leased')))
                """,
                [.run(run)]
            )
            guard open.isEmpty else { return false }
            try self.setStatus(run, .completed, reason: reason)
            return true
        }
    }

    /// Keeps what others want to do with a run apart, until the transaction ends.
    func lock(_ run: RunID) throws(ControlStoreError) {
        try self.query(
            "lock run \(run)",
            "SELECT FROM godwit.migration_runs WHERE id = $1::uuid FOR UPDATE",
            [.run(run)]
        )
    }

    /// Whether the finished shards of a run were read under more than one snapshot.
    package func hasMixedSnapshots(_ run: RunID) throws(ControlStoreError) -> Bool {
        try self
            .query(
                "look for the snapshots of run \(run)",
                "SELECT (\(Self.mixedSnapshots("$1"))) AS mixed",
                [.run(run)]
            )
            .first?
            .flag("mixed") ?? false
    }

    private static func mixedSnapshots(_ parameter: String) -> String {
        """
        SELECT count(DISTINCT snapshot) > 1 FROM godwit.shards
         WHERE run_id = \(parameter)::uuid AND state = 'done' AND object_id IS NULL
        """
    }

    /// Keeps the figures of a run, a JSON object; members of the same name are replaced.
    package func recordMetrics(_ run: RunID, json: String) throws(ControlStoreError) {
        try self.lead(
            "record metrics of run \(run)",
            """
            UPDATE godwit.migration_runs
               SET metrics = coalesce(metrics, '{}') || $3::jsonb, updated_at = clock_timestamp()
             WHERE id = $2::uuid AND \(Self.reigns)
            """,
            [.run(run), .text(json)]
        )
    }

    /// Records the snapshot that shards are read under from now on; the run is mixed if shards were granted under
    /// another one (until the end, where only the shards that finished count).
    ///
    /// - Returns: The snapshot's number.
    package func recordSnapshot(
        _ run: RunID,
        id: String,
        lsn: String?,
        xmin: UInt64?,
        tables: [SnapshotTable]
    ) throws(ControlStoreError) -> Int {
        let result = try self.lead(
            "record a snapshot of run \(run)",
            """
            WITH current AS (
                UPDATE godwit.migration_runs
                   SET snapshot_number = snapshot_number + 1,
                       is_mixed = is_mixed OR EXISTS (
                           SELECT FROM godwit.shards
                            WHERE run_id = $2::uuid AND kind = 'copy' AND state IN ('leased', 'done')),
                       updated_at = clock_timestamp()
                 WHERE id = $2::uuid AND \(Self.reigns)
                RETURNING id, snapshot_number
            ), recorded AS (
                INSERT INTO godwit.snapshots (run_id, number, snapshot_id, snapshot_lsn, snapshot_xmin)
                SELECT id, snapshot_number, $3, $4::pg_lsn, $5::numeric FROM current
                RETURNING run_id, number
            ), forgotten AS (
                -- What a worker still hands on is an older snapshot.
                UPDATE godwit.workers SET snapshot = NULL
                 WHERE run_id = $2::uuid AND snapshot IS NOT NULL AND EXISTS (SELECT FROM current)
            ), listed AS (
                INSERT INTO godwit.snapshot_tables (run_id, number, table_name, filenode)
                SELECT recorded.run_id, recorded.number, source.name, source.filenode
                  FROM recorded, unnest($6::text[], $7::bigint[]) AS source(name, filenode)
            )
            SELECT number FROM recorded
            """,
            [
                .run(run), .text(id), .text(lsn), .text(xmin.map(String.init)),
                .texts(tables.map(\.name)), .integers(tables.map(\.filenode)),
            ]
        )
        guard let row = result.first else { throw ControlStoreError(.notFound, "there is no run \(run)") }
        return row.count("number")
    }

    /// The source tables as they were when the snapshot was exported.
    package func snapshotTables(_ run: RunID, snapshot: Int) throws(ControlStoreError) -> [SnapshotTable] {
        try self.query(
            "read the snapshot's tables",
            """
            SELECT table_name, filenode FROM godwit.snapshot_tables
             WHERE run_id = $1::uuid AND number = $2::integer ORDER BY table_name
            """,
            [.run(run), .integer(snapshot)]
        )
        .rows.map { SnapshotTable(name: $0.string("table_name"), filenode: $0.integer("filenode") ?? 0) }
    }

    private func ofRun(_ run: RunID, column: String) throws(ControlStoreError) -> String {
        let result = try self.query(
            "read \(column) of run \(run)",
            "SELECT \(column)::text AS value FROM godwit.migration_runs WHERE id = $1::uuid",
            [.run(run)]
        )
        guard let row = result.first else { throw ControlStoreError(.notFound, "there is no run \(run)") }
        return row.string("value")
    }

    private func runs(
        _ condition: String,
        _ parameters: [QueryParameter],
        limit: Int
    ) throws(ControlStoreError) -> [RunRecord] {
        try self.query(
            "read the runs",
            """
            SELECT run.id, run.number, run.name, run.migration_type, run.status, run.status_reason,
                   run.status_by, run.pause_cause, run.plan_hash, run.plan_revision,
                   extract(epoch FROM run.started_at) AS started_at,
                   extract(epoch FROM run.completed_at) AS completed_at,
                   run.created_by, run.is_mixed, run.source_system, run.presence_epoch, run.metrics, run.error_details,
                   run.throttle,
                   snapshot.number AS snapshot_number, snapshot.snapshot_id, snapshot.snapshot_lsn,
                   snapshot.snapshot_xmin, extract(epoch FROM snapshot.taken_at) AS taken_at
              FROM godwit.migration_runs AS run
              LEFT JOIN godwit.snapshots AS snapshot
                ON snapshot.run_id = run.id AND snapshot.number = run.snapshot_number
             WHERE \(condition)
             ORDER BY run.number DESC
             LIMIT \(limit)
            """,
            parameters
        )
        .rows.map { RunRecord($0) }
    }
}

extension RunRecord {
    init(_ row: Row) {
        self.id = row.value("id") { RunID($0) }
        self.number = row.count("number")
        self.name = row.string("name")
        self.type = row.string("migration_type")
        self.status = row.value("status") { RunStatus(rawValue: $0) }
        self.statusReason = row.text("status_reason")
        self.statusBy = row.text("status_by")
        self.pauseCause = row.text("pause_cause").flatMap { PauseCause(rawValue: $0) }
        self.planHash = row.string("plan_hash")
        self.planRevision = row.count("plan_revision")
        self.startedAt = row.date("started_at") ?? .distantPast
        self.completedAt = row.date("completed_at")
        self.createdBy = row.text("created_by") ?? ""
        self.isMixed = row.flag("is_mixed")
        self.sourceSystem = row.optional("source_system") { UInt64($0) }
        self.presenceEpoch = row.count("presence_epoch")
        self.metrics = row.text("metrics")
        self.errorDetails = row.text("error_details")
        let throttle = row.text("throttle")
        self.throttle = throttle.flatMap { ThrottleLimits(readingAllOf: $0) }
        self.isThrottleUnreadable = throttle != nil && self.throttle == nil
        self.snapshot = row.isNull("snapshot_id") ? nil : SnapshotRecord(row)
    }
}

extension SnapshotRecord {
    init(_ row: Row) {
        self.number = row.count("snapshot_number")
        self.id = row.string("snapshot_id")
        self.lsn = row.text("snapshot_lsn")
        self.xmin = row.optional("snapshot_xmin") { UInt64($0) }
        self.takenAt = row.date("taken_at") ?? .distantPast
    }
}
