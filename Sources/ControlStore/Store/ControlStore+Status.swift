import FoundationEssentials
import Postgres
package import Scheduling

extension ControlStore {
    /// How a run stands; all of it from one snapshot, so that the sums agree.
    ///
    /// - Parameters:
    ///   - run: The run.
    ///   - rejects: Which rejects are counted by their reasons: that takes a tenth of a second for some ten thousand. The
    ///     sums have them all.
    /// - Returns: Everything but what the run has been told.
    /// - Throws: The server's error.
    package func status(
        of run: RunID,
        counting rejects: RejectFilter = RejectFilter()
    ) throws(ControlStoreError) -> StatusReport {
        let purpose = "read the status of run \(run)"
        return try self.transaction(purpose, isolation: "REPEATABLE READ, READ ONLY") { () throws(ControlStoreError) in
            let record = try self.run(matching: .id(run))
            var entities = try self.entityTotals(purpose, run)
            let places = Dictionary(uniqueKeysWithValues: entities.enumerated().map { ($1.name, $0) })
            for adjusted in try self.adjustments(purpose, run) {
                guard let place = places[adjusted.entity] else { continue }
                entities[place].counters.adjusted[adjusted.reason] = adjusted.count
            }
            for counted in try self.rejectCounts(of: run, rejects) {
                guard let place = places[counted.entity] else { continue }
                entities[place].rejects[counted.reason] = counted.count
            }
            return StatusReport(
                run: record,
                entities: entities,
                workers: try self.workers(of: run),
                durations: try self.durations(purpose, run),
                leftOff: try self.objectsLeftOff(by: run),
                disturbance: try self.worstDisturbance(of: run)
            )
        }
    }

    /// The sums of one entity's rows, and how many of its rejects wait for a parent; nil where the run has none of that name.
    package func judgedStatus(of entity: EntityName, in run: RunID) throws(ControlStoreError) -> EntityStatus? {
        let purpose = "read the sums of \(entity)"
        return try self.transaction(purpose, isolation: "REPEATABLE READ, READ ONLY") { () throws(ControlStoreError) in
            var status = try self.entityTotals(purpose, run, only: entity).first
            let waiting = RejectFilter(entity: entity, reason: RejectFilter.parentPending.reason)
            for counted in try self.rejectCounts(of: run, waiting) { status?.rejects[counted.reason] = counted.count }
            return status
        }
    }

    /// Seconds that the finished shards spent in each stage (`read`, `transform`, `write`, `commit`).
    package func stageTimings(of run: RunID) throws(ControlStoreError) -> [String: StageTiming] {
        let rows =
            try self.query(
                "read the stage timings of run \(run)",
                """
                SELECT stage, total, share[1] AS median, share[2] AS percentile95
                  FROM (SELECT timing.key AS stage, sum(timing.value::double precision) AS total,
                               percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY timing.value::double precision)
                                   AS share
                          FROM godwit.shards AS shard, jsonb_each_text(shard.timings) AS timing
                         WHERE shard.run_id = $1::uuid AND shard.state = 'done' GROUP BY timing.key) AS stages
                """,
                [.run(run)]
            )
            .rows
        return Dictionary(
            rows.map { row in
                let timing = StageTiming(
                    total: row.double("total") ?? 0,
                    median: row.double("median") ?? 0,
                    percentile95: row.double("percentile95") ?? 0
                )
                return (row.string("stage"), timing)
            }
        ) { first, _ in first }
    }

    /// Seconds in which at least one shard of an entity was worked on, without the time between the end of a run and
    /// what it was given to do afterwards.
    package func workSeconds(of run: RunID) throws(ControlStoreError) -> [EntityName: Double] {
        let rows =
            try self.query(
                "read the times of run \(run)",
                """
                SELECT entity,
                       sum(greatest(0, extract(epoch FROM ended_at - greatest(started_at, seen_until))))::double precision
                           AS seconds
                  FROM (SELECT shard.entity, attempt.started_at, attempt.ended_at,
                               coalesce(max(attempt.ended_at) OVER (
                                   PARTITION BY shard.entity ORDER BY attempt.started_at, attempt.lease
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '-infinity') AS seen_until
                          FROM godwit.attempts AS attempt JOIN godwit.shards AS shard ON shard.id = attempt.shard_id
                         WHERE shard.run_id = $1::uuid AND attempt.ended_at IS NOT NULL) AS spans
                 GROUP BY entity
                """,
                [.run(run)]
            )
            .rows
        return Dictionary(rows.map { ($0.entity("entity"), $0.double("seconds") ?? 0) }) { first, _ in first }
    }

    private func entityTotals(
        _ purpose: String,
        _ run: RunID,
        only entity: EntityName? = nil
    ) throws(ControlStoreError) -> [EntityStatus] {
        try self.query(
            purpose,
            """
            SELECT entity, position, phase, stage, source_table, target_table,
                   extract(epoch FROM started_at) AS started_at, extract(epoch FROM settled_at) AS settled_at,
                   extract(epoch FROM completed_at) AS completed_at, pending, leased, done, failed,
                   estimated_rows, estimated_bytes, source_rows, migrated, rejected, filtered, bytes_read, bytes_written,
                   failed_rows, tasks_pending, tasks_leased, tasks_done, tasks_failed
              FROM godwit.entity_totals WHERE run_id = $1::uuid AND ($2::text IS NULL OR entity = $2::text)
             ORDER BY position
            """,
            [.run(run), .text(entity?.rawValue)]
        )
        .rows.map { EntityStatus($0) }
    }

    /// Adjusted rows by entity and kind.
    private func adjustments(_ purpose: String, _ run: RunID) throws(ControlStoreError) -> [RejectCount] {
        try self.query(
            purpose,
            """
            SELECT shard.entity, adjusted.key AS kind, sum(adjusted.value::bigint)::bigint AS count
              FROM godwit.shards AS shard, jsonb_each_text(shard.adjusted) AS adjusted
             WHERE shard.run_id = $1::uuid AND shard.adjusted <> '{}'
             GROUP BY shard.entity, adjusted.key
            """,
            [.run(run)]
        )
        .rows.map { RejectCount(entity: $0.entity("entity"), reason: $0.string("kind"), count: $0.count("count")) }
    }

    private func durations(_ purpose: String, _ run: RunID) throws(ControlStoreError) -> ShardDurations? {
        let row =
            try self.query(
                purpose,
                """
                SELECT share[1] AS median, share[2] AS percentile95, share[3] AS longest
                  FROM (SELECT percentile_cont(ARRAY[0.5, 0.95, 1]) WITHIN GROUP
                                   (ORDER BY extract(epoch FROM finished_at - leased_at)::double precision) AS share
                          FROM godwit.shards
                         WHERE run_id = $1::uuid AND state = 'done' AND object_id IS NULL) AS durations
                """,
                [.run(run)]
            )
            .first
        guard let row, let median = row.double("median"), let percentile95 = row.double("percentile95"),
            let longest = row.double("longest")
        else { return nil }
        return ShardDurations(median: median, percentile95: percentile95, longest: longest)
    }
}

extension EntityStatus {
    init(_ row: Row) {
        self.name = row.entity("entity")
        self.position = row.count("position")
        self.phase = row.text("phase")
        self.stage = row.value("stage") { EntityNode.Stage(rawValue: $0) }
        self.sourceTable = row.string("source_table")
        self.targetTable = row.string("target_table")
        self.startedAt = row.date("started_at")
        self.settledAt = row.date("settled_at")
        self.completedAt = row.date("completed_at")
        self.shards = ShardTally(row)
        self.tasks = ShardTally(row, prefix: "tasks_")
        self.estimatedRows = row.count("estimated_rows")
        self.estimatedBytes = row.count("estimated_bytes")
        self.counters = ShardCounters(row, adjusted: [:])
        self.rejects = [:]
        self.failedRows = row.count("failed_rows")
    }
}

extension ShardTally {
    init(_ row: Row, prefix: String = "") {
        self.pending = row.count(prefix + "pending")
        self.leased = row.count(prefix + "leased")
        self.done = row.count(prefix + "done")
        self.failed = row.count(prefix + "failed")
    }
}

extension ShardCounters {
    init(_ row: Row, adjusted: [String: Int]) {
        self.init(
            sourceRows: row.count("source_rows"),
            migrated: row.count("migrated"),
            rejected: row.count("rejected"),
            filtered: row.count("filtered"),
            adjusted: adjusted,
            bytesRead: row.count("bytes_read"),
            bytesWritten: row.count("bytes_written")
        )
    }
}
