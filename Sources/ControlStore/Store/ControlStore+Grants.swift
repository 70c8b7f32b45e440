import Postgres
package import Scheduling

extension ControlStore {
    /// Grants pending shards of running runs, in one statement.
    ///
    /// LEASE may be sent when this returns: the commit was synchronous, so no crash of the server forgets it. The run's
    /// row is locked meanwhile: a lease that `cancel` does not see is not granted, and the plan's revision is the one that a
    /// retry's shards were made pending with, or a later one.
    ///
    /// - Returns: The shards that were granted; the others are no longer pending, or locked, or their run is paused.
    package func grant(_ requests: [GrantRequest], ttl: Duration) throws(ControlStoreError) -> [GrantedShard] {
        guard !requests.isEmpty else { return [] }
        return
            try self.lead(
                "grant \(requests.count) shards",
                """
                WITH candidate AS (
                    SELECT shard.id, run.snapshot_number, run.plan_revision
                      FROM godwit.shards AS shard JOIN godwit.migration_runs AS run ON run.id = shard.run_id
                     WHERE shard.id = ANY ($2::bigint[]) AND shard.state = 'pending' AND run.status = 'running'
                       AND \(Self.reigns)
                     ORDER BY shard.id
                       FOR UPDATE OF shard SKIP LOCKED
                       FOR SHARE OF run
                ), granted AS (
                    UPDATE godwit.shards AS shard
                       SET state = 'leased', lease = request.lease, worker = request.worker,
                           incarnation = request.incarnation, attempt = shard.attempt + 1, not_before = NULL,
                           leased_at = clock_timestamp(),
                           lease_until = clock_timestamp() + make_interval(secs => $6::double precision),
                           snapshot = candidate.snapshot_number
                      FROM candidate
                      JOIN unnest($2::bigint[], $3::uuid[], $4::text[], $5::uuid[])
                           AS request(shard, lease, worker, incarnation) ON request.shard = candidate.id
                     WHERE shard.id = candidate.id
                    RETURNING shard.*, candidate.plan_revision AS current_revision
                ), opened AS (
                    INSERT INTO godwit.attempts (shard_id, number, lease, worker, incarnation)
                    SELECT id, attempt, lease, worker, incarnation FROM granted
                )
                SELECT id, lease, entity, kind, lower_key, upper_key, keys, attempt, snapshot, merges, object_id,
                       current_revision
                  FROM granted ORDER BY id
                """,
                [
                    .shards(requests.map(\.shard)), .texts(requests.map(\.lease.description)),
                    .texts(requests.map(\.worker.rawValue)), .texts(requests.map(\.incarnation.description)),
                    .seconds(ttl),
                ]
            )
            .rows.map { GrantedShard($0) }
    }

    /// Prolongs leases; a worker's call, on a connection of its own.
    ///
    /// A row that its own slot has fenced and not yet committed is locked: it is left alone and counts as held, so that
    /// one slow COMMIT holds up no other slot's renewal.
    ///
    /// - Returns: The leases that are still held.
    package func renew(_ leases: [LeaseID], ttl: Duration) throws(ControlStoreError) -> Set<LeaseID> {
        guard !leases.isEmpty else { return [] }
        let held = try self.query(
            "renew \(leases.count) leases",
            """
            WITH held AS (
                SELECT id FROM godwit.shards
                 WHERE lease = ANY ($1::uuid[]) AND state = 'leased'
                   FOR UPDATE SKIP LOCKED
            ), renewed AS (
                UPDATE godwit.shards AS shard
                   SET lease_until = clock_timestamp() + make_interval(secs => $2::double precision)
                  FROM held WHERE shard.id = held.id
            )
            SELECT lease FROM godwit.shards WHERE lease = ANY ($1::uuid[]) AND state = 'leased'
            """,
            [.texts(leases.map(\.description)), .seconds(ttl)]
        )
        return Set(held.rows.map { $0.value("lease") { LeaseID($0) } })
    }

    /// Gives shards back that a worker will not finish, which uses up no attempt.
    ///
    /// The worker has rolled back before.
    ///
    /// - Returns: The leases that were still held.
    @discardableResult
    package func release(_ leases: [LeaseID]) throws(ControlStoreError) -> Set<LeaseID> {
        guard !leases.isEmpty else { return [] }
        let released = try self.query(
            "give back \(leases.count) leases",
            """
            WITH released AS (
                UPDATE godwit.shards AS shard
                   SET state = 'pending', lease = NULL, lease_until = NULL
                  FROM (SELECT id, lease FROM godwit.shards
                         WHERE lease = ANY ($1::uuid[]) AND state = 'leased' ORDER BY id FOR UPDATE) AS held
                 WHERE shard.id = held.id
                RETURNING held.lease
            ), closed AS (
                UPDATE godwit.attempts AS attempt SET ended_at = clock_timestamp(), outcome = 'released'
                  FROM released WHERE attempt.lease = released.lease
            )
            SELECT lease FROM released
            """,
            [.texts(leases.map(\.description))]
        )
        return Set(released.rows.map { $0.value("lease") { LeaseID($0) } })
    }

    /// Records a failed attempt and what is to become of the shard.
    ///
    /// - Returns: Whether the lease was still held; otherwise nothing is changed.
    @discardableResult
    package func recordFailure(_ failure: FailedAttempt) throws(ControlStoreError) -> Bool {
        let delay: QueryParameter =
            switch failure.verdict {
            case .retry(let delay): .seconds(delay)
            case .fail: .null
            }
        return try self
            .lead(
                "record the failure of shard \(failure.shard)",
                """
                WITH failed AS (
                    UPDATE godwit.shards
                       SET state = CASE WHEN $8::double precision IS NULL THEN 'failed' ELSE 'pending' END,
                           not_before = clock_timestamp() + make_interval(secs => $8::double precision),
                           finished_at = CASE WHEN $8::double precision IS NULL THEN clock_timestamp() END,
                           failed_attempts = failed_attempts + CASE WHEN $5::boolean THEN 1 ELSE 0 END,
                           lease = NULL, lease_until = NULL, error_class = $4, sql_state = $6, message = $7
                     WHERE id = $2::bigint AND lease = $3::uuid AND state = 'leased' AND \(Self.reigns)
                    RETURNING id
                ), closed AS (
                    UPDATE godwit.attempts
                       SET ended_at = clock_timestamp(), error_class = $4, sql_state = $6, message = $7,
                           outcome = CASE WHEN $5::boolean THEN 'failed' ELSE 'disturbed' END
                     WHERE lease = $3::uuid AND EXISTS (SELECT FROM failed)
                )
                SELECT id FROM failed
                """,
                [
                    .shard(failure.shard), .lease(failure.lease), .text(failure.errorClass),
                    .bool(failure.countsAsAttempt),
                    .text(failure.sqlState), .text(failure.message), delay,
                ]
            )
            .count == 1
    }

    /// Whether a COMMIT without an answer took place; waits for a transaction that is still at it.
    ///
    /// Not on the connection that renews: the wait may last until the server notices the lost session.
    package func settle(_ shard: ShardID, lease: LeaseID) throws(ControlStoreError) -> ShardOutcome {
        let statement = ShardOutcome.statement(for: shard)
        return ShardOutcome(
            try self.query("settle shard \(shard)", statement.sql, statement.parameters),
            lease: lease
        )
    }
}

extension GrantedShard {
    init(_ row: Row) {
        self.shard = row.shard("id")
        self.lease = row.value("lease") { LeaseID($0) }
        self.entity = row.entity("entity")
        self.kind = row.value("kind") { ShardKind(rawValue: $0) }
        self.range = row.range()
        self.keys = row.keys("keys")
        self.attempt = row.count("attempt")
        self.snapshot = row.count("snapshot")
        self.merges = row.flag("merges")
        self.object = row.integer("object_id")
        self.planRevision = row.count("current_revision")
    }
}
