import FoundationEssentials
import Postgres
package import Scheduling

extension ControlStore {
    /// Records what an operator did, with who it was: database role, user and host.
    func record(_ events: [NewEvent], of run: RunID, by caller: Caller?) throws(ControlStoreError) {
        let role = try self.query("ask for the role", "SELECT session_user::text AS role").first?.text("role")
        let who = (caller?.data ?? [:]).merging(["role": role ?? ""]) { mine, _ in mine }
        try self.record(
            events.map { event in
                var event = event
                event.data.merge(who) { mine, _ in mine }
                return event
            },
            of: run
        )
    }

    /// Records events; anybody may, because they decide nothing.
    package func record(_ events: [NewEvent], of run: RunID) throws(ControlStoreError) {
        guard !events.isEmpty else { return }
        try self.query(
            "record \(events.count) events",
            """
            INSERT INTO godwit.events (run_id, level, message, entity, shard_id, worker, data)
            SELECT $1::uuid, event.level, event.message, event.entity, event.shard_id, event.worker, event.data
              FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::jsonb[]) WITH ORDINALITY
                   AS event(level, message, entity, shard_id, worker, data, position)
             ORDER BY event.position
            """,
            [
                .run(run), .texts(events.map(\.level.rawValue)), .texts(events.map(\.message)),
                .texts(events.map(\.entity?.rawValue)), .texts(events.map { $0.shard.map { String($0.rawValue) } }),
                .texts(events.map(\.worker?.rawValue)), .texts(events.map { QueryParameter.jsonText($0.data) }),
            ]
        )
    }

    /// Whether an event with these data was recorded, such as a pause that an operator has answered since.
    package func hasEvent(with data: [String: String], of run: RunID) throws(ControlStoreError) -> Bool {
        try
            !self.query(
                "look for an event of run \(run)",
                "SELECT FROM godwit.events WHERE run_id = $1::uuid AND data @> $2::jsonb LIMIT 1",
                [.run(run), .json(data)]
            )
            .isEmpty
    }

    /// Whether a run has come to an end since a snapshot was taken: the next one was to be expected then.
    package func hasEnded(_ run: RunID, since snapshot: Int) throws(ControlStoreError) -> Bool {
        try
            !self.query(
                "look for the end of run \(run)",
                """
                SELECT FROM godwit.events AS event JOIN godwit.snapshots AS snapshot ON snapshot.run_id = event.run_id
                 WHERE event.run_id = $1::uuid AND snapshot.number = $2::integer AND event.at > snapshot.taken_at
                   AND event.data ? 'ended' LIMIT 1
                """,
                [.run(run), .integer(snapshot)]
            )
            .isEmpty
    }

    /// The events of a run, oldest first; with `after`, what is new since.
    package func events(
        of run: RunID,
        _ filter: EventFilter = EventFilter(),
        limit: Int = 1000
    ) throws(ControlStoreError) -> [EventRecord] {
        try self.query(
            "read the events of run \(run)",
            """
            SELECT id, extract(epoch FROM at) AS at, level, message, entity, shard_id, worker, data
              FROM godwit.events
             WHERE run_id = $1::uuid AND id > $2::bigint
               AND ($3::text IS NULL OR entity = $3::text)
               AND ($4::bigint IS NULL OR shard_id = $4::bigint)
               AND level = ANY ($5::text[])
             ORDER BY id
             LIMIT \(limit)
            """,
            [
                .run(run), .integer(filter.after), .text(filter.entity?.rawValue), .integer(filter.shard?.rawValue),
                .texts(EventLevel.atLeast(filter.level).map(\.rawValue)),
            ]
        )
        .rows.map { EventRecord($0) }
    }
}

extension EventRecord {
    init(_ row: Row) {
        self.id = row.value("id") { Int64($0) }
        self.at = row.date("at") ?? .distantPast
        self.level = row.value("level") { EventLevel(rawValue: $0) }
        self.message = row.string("message")
        self.entity = row.text("entity").map { EntityName(rawValue: $0) }
        self.shard = row.optional("shard_id") { ShardID($0) }
        self.worker = row.text("worker").map { WorkerName(rawValue: $0) }
        self.data = row.string("data")
    }
}
