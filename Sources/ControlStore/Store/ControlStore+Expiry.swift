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

    /// Takes the leases of a worker away that is known to be dead.
    package func reclaim(_ incarnation: Incarnation) throws(ControlStoreError) -> [ExpiredLease] {
        try self.reclaim(
            "reclaim the leases of \(incarnation)",
            "incarnation = $2::uuid",
            .text(incarnation.description)
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

    /// Ends the sessions that work under these leases.
    ///
    /// - Returns: The leases whose sessions would not end.
    private func terminate(_ leases: [String]) throws(ControlStoreError) -> Set<String> {
        let names = QueryParameter.texts(leases.map { LeaseApplicationName.prefix + $0 })
        let sessions = "FROM pg_stat_activity WHERE application_name = ANY ($1::text[]) AND pid <> pg_backend_pid()"
        // All are signalled first and waited for afterwards, so that one slow backend costs its five seconds once.
        let signalled = try self.query(
            "end the sessions of expired leases",
            "SELECT pg_terminate_backend(pid) \(sessions)",
            [names]
        )
        guard !signalled.isEmpty else { return [] }
        try self.query(
            "end the sessions of expired leases",
            "SELECT pg_terminate_backend(pid, \(Self.terminationTimeout)) \(sessions)",
            [names]
        )
        let surviving = try self.query(
            "end the sessions of expired leases",
            "SELECT DISTINCT application_name \(sessions)",
            [names]
        )
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
