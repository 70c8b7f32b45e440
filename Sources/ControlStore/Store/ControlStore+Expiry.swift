import Postgres
package import Scheduling

extension ControlStore {
    /// How long a terminated backend has to end, in milliseconds.
    ///
    /// A backend that takes longer keeps its shard until the next sweep; safe from 1,000 up to the interval of sweeps.
    private static let terminationTimeout = 5000

    /// Takes expired leases away: ends their backends first, then makes the shards pending.
    ///
    /// They are found without locks, because a worker stopped between fence and COMMIT holds its row's lock.
    package func expireLeases(of run: RunID) throws(ControlStoreError) -> [ExpiredLease] {
        try self.reclaim("expire leases", "run_id = $2::uuid AND lease_until < clock_timestamp()", .run(run))
    }

    /// Takes the leases of workers away that are known to be dead, or have left.
    package func reclaim(_ incarnations: [Incarnation]) throws(ControlStoreError) -> [ExpiredLease] {
        try self.reclaim(
            incarnations.count == 1
                ? "reclaim the leases of \(incarnations[0])" : "reclaim the leases of \(incarnations.count) workers",
            "incarnation = ANY ($2::uuid[])",
            .texts(incarnations.map(\.description))
        )
    }

    private func reclaim(
        _ purpose: String,
        _ condition: String,
        _ parameter: QueryParameter
    ) throws(ControlStoreError) -> [ExpiredLease] {
        let leases =
            try self.lead(
                purpose,
                "SELECT lease FROM godwit.shards WHERE state = 'leased' AND \(condition) AND \(Self.reigns)",
                [parameter]
            )
            .rows.map { $0.string("lease") }
        guard !leases.isEmpty else { return [] }
        let surviving = try self.terminate(leases)
        return
            try self.lead(
                purpose,
                """
                WITH lost AS (
                    SELECT id, lease FROM godwit.shards
                     WHERE lease = ANY ($3::uuid[]) AND state = 'leased' AND \(condition) AND \(Self.reigns)
                       FOR UPDATE SKIP LOCKED
                ), reclaimed AS (
                    UPDATE godwit.shards AS shard SET state = 'pending', lease = NULL, lease_until = NULL
                      FROM lost WHERE shard.id = lost.id
                    RETURNING shard.id, lost.lease, shard.entity, shard.worker, shard.incarnation, shard.attempt
                ), closed AS (
                    UPDATE godwit.attempts AS attempt SET ended_at = clock_timestamp(), outcome = 'expired'
                      FROM lost WHERE attempt.lease = lost.lease
                )
                SELECT * FROM reclaimed ORDER BY id
                """,
                [parameter, .texts(leases.filter { !surviving.contains($0) })]
            )
            .rows.map { ExpiredLease($0) }
    }

    /// Whether this session's role may end a session.
    ///
    /// https://www.postgresql.org/docs/current/functions-admin.html
    private static let mayEnd = """
        (pg_has_role(usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE')
         AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = usesysid))
        """

    /// Tells the operator, once a run, of workers' roles whose sessions can't be ended.
    ///
    /// Their shards wait until a lost worker's session ends by itself.
    private func reportForbiddenSessions(_ leases: [String]) throws(ControlStoreError) {
        try self.query(
            "report sessions that can't be ended",
            """
            INSERT INTO godwit.events (run_id, level, message, data)
            SELECT DISTINCT shard.run_id, 'error',
                   format('may not end sessions of the workers'' role: GRANT %I TO %I', usename, current_user),
                   report.data
              FROM pg_stat_activity JOIN godwit.shards AS shard ON application_name = $2 || shard.lease,
                   LATERAL (SELECT jsonb_build_object('kind', $3::text, 'sessions_of', usename,
                                                      'role', current_user) AS data) AS report
             WHERE shard.lease = ANY ($1::uuid[]) AND NOT \(Self.mayEnd)
               AND NOT EXISTS (SELECT FROM godwit.events AS event
                                WHERE event.run_id = shard.run_id AND event.data @> report.data)
            """,
            [.texts(leases), .text(LeaseApplicationName.prefix), .text(EventKind.sessionsForbidden.rawValue)]
        )
    }

    /// Ends the sessions that work under these leases.
    ///
    /// - Returns: The leases whose sessions would not end.
    private func terminate(_ leases: [String]) throws(ControlStoreError) -> Set<String> {
        let names = QueryParameter.texts(leases.map { LeaseApplicationName.prefix + $0 })
        let sessions = "FROM pg_stat_activity WHERE application_name = ANY ($1::text[]) AND pid <> pg_backend_pid()"
        // All are signalled first and waited for afterwards, so that one slow backend costs its five seconds once.
        let signalled = try self.query(
            "end the sessions of expired leases",
            "SELECT pg_terminate_backend(pid) \(sessions) AND \(Self.mayEnd)",
            [names]
        )
        if !signalled.isEmpty {
            try self.query(
                "end the sessions of expired leases",
                "SELECT pg_terminate_backend(pid, \(Self.terminationTimeout)) \(sessions) AND \(Self.mayEnd)",
                [names]
            )
        }
        let surviving = try self.query(
            "end the sessions of expired leases",
            "SELECT DISTINCT application_name \(sessions)",
            [names]
        )
        if !surviving.isEmpty { try self.reportForbiddenSessions(leases) }
        return Set(
            surviving.rows.map { String($0.string("application_name").dropFirst(LeaseApplicationName.prefix.count)) }
        )
    }
}

extension ExpiredLease {
    init(_ row: Row) {
        self.shard = row.shard("id")
        self.lease = row.value("lease") { LeaseID($0) }
        self.entity = row.entity("entity")
        self.worker = WorkerName(rawValue: row.string("worker"))
        self.incarnation = row.value("incarnation") { Incarnation($0) }
        self.attempt = row.count("attempt")
    }
}
