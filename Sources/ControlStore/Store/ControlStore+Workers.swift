import FoundationEssentials
import Postgres
package import Scheduling

extension ControlStore {
    /// Records what the workers said of themselves last.
    ///
    /// - Parameters:
    ///   - workers: What is known of them.
    ///   - run: Their run.
    ///   - snapshot: The number of the snapshot that they export; nothing is recorded of one that the run has left.
    /// - Throws: `termLost`, or the server's error.
    package func record(
        _ workers: [WorkerRecord],
        of run: RunID,
        exporting snapshot: Int
    ) throws(ControlStoreError) {
        guard !workers.isEmpty else { return }
        try self.lead(
            "record \(workers.count) workers",
            """
            INSERT INTO godwit.workers AS worker (run_id, incarnation, name, host, pid, slots, build, state, counters,
                                                  snapshot, public_key)
            SELECT $2::uuid, seen.incarnation, seen.name, seen.host, seen.pid, seen.slots, seen.build, seen.state,
                   seen.counters, CASE WHEN run.snapshot_number = $13::integer THEN seen.snapshot END, seen.public_key
              FROM godwit.migration_runs AS run,
                   unnest($3::uuid[], $4::text[], $5::text[], $6::integer[], $7::integer[], $8::text[], $9::text[],
                          $10::jsonb[], $11::text[], $12::text[])
                   AS seen(incarnation, name, host, pid, slots, build, state, counters, snapshot, public_key)
             WHERE run.id = $2::uuid AND \(Self.reigns)
            ON CONFLICT (incarnation) DO UPDATE
               SET run_id = excluded.run_id, slots = excluded.slots, state = excluded.state,
                   counters = excluded.counters, snapshot = excluded.snapshot, last_seen = clock_timestamp()
            """,
            [
                .run(run), .texts(workers.map(\.incarnation.description)), .texts(workers.map(\.name.rawValue)),
                .texts(workers.map(\.host)), .integers(workers.map { Int64($0.pid) }),
                .integers(workers.map { Int64($0.slots) }), .texts(workers.map(\.build)), .texts(workers.map(\.state)),
                .texts(workers.map(\.counters)), .texts(workers.map(\.snapshot)), .texts(workers.map(\.publicKey)),
                .integer(snapshot),
            ]
        )
    }

    /// Notes as lost who died unheard: processes of an earlier reign that this coordinator does not know.
    ///
    /// - Parameters:
    ///   - run: Their run.
    ///   - known: Those it has heard of, and writes down itself.
    ///   - silence: How long ago they were last heard of, at least, by the target's clock.
    /// - Returns: Their names.
    /// - Throws: `termLost`, or the server's error.
    package func recordLost(
        of run: RunID,
        besides known: [Incarnation],
        silentFor silence: Duration
    ) throws(ControlStoreError) -> [WorkerName] {
        try self.lead(
            "note the lost workers of run \(run)",
            """
            UPDATE godwit.workers SET state = 'lost'
             WHERE run_id = $2::uuid AND left_at IS NULL AND state <> ALL ($3::text[])
               AND incarnation <> ALL ($4::uuid[])
               AND last_seen <= clock_timestamp() - make_interval(secs => $5::double precision) AND \(Self.reigns)
            RETURNING name
            """,
            [
                .run(run), .texts(WorkerRecord.departed), .texts(known.map(\.description)), .seconds(silence),
            ]
        )
        .rows.map { WorkerName(rawValue: $0.string("name")) }
    }

    /// The workers of a run, the newest of a name first.
    package func workers(of run: RunID) throws(ControlStoreError) -> [WorkerRecord] {
        try self.query(
            "read the workers of run \(run)",
            """
            SELECT incarnation, name, host, pid, slots, build, counters, snapshot, public_key,
                   CASE WHEN left_at IS NOT NULL AND state <> 'revoked' THEN 'gone' ELSE state END AS state,
                   extract(epoch FROM started_at) AS started_at, extract(epoch FROM last_seen) AS last_seen
              FROM godwit.workers WHERE run_id = $1::uuid ORDER BY name, godwit.workers.started_at DESC
            """,
            [.run(run)]
        )
        .rows.map { WorkerRecord($0) }
    }
}

extension WorkerRecord {
    init(_ row: Row) {
        self.incarnation = row.value("incarnation") { Incarnation($0) }
        self.name = WorkerName(rawValue: row.string("name"))
        self.host = row.string("host")
        self.pid = row.count("pid")
        self.slots = row.count("slots")
        self.build = row.string("build")
        self.state = row.string("state")
        self.counters = row.string("counters")
        self.snapshot = row.text("snapshot")
        self.publicKey = row.text("public_key")
        self.startedAt = row.date("started_at")
        self.lastSeen = row.date("last_seen")
    }
}
