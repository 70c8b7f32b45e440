import Postgres
package import Scheduling

extension ControlStore {
    /// So many shards travel in one statement; the parameters stay below some megabytes.
    private static let shardsPerStatement = 5_000

    /// Adds shards to a run, all or none.
    ///
    /// - Returns: Their numbers, in the order given.
    package func addShards(_ shards: [NewShard], to run: RunID) throws(ControlStoreError) -> [ShardID] {
        try self.transaction("add shards to run \(run)") { () throws(ControlStoreError) in
            try self.insertShards(shards, run)
        }
    }

    /// The same inside a transaction of the caller's.
    func insertShards(_ shards: [NewShard], _ run: RunID) throws(ControlStoreError) -> [ShardID] {
        var ids: [ShardID] = []
        ids.reserveCapacity(shards.count)
        for start in stride(from: 0, to: shards.count, by: Self.shardsPerStatement) {
            let end = min(start + Self.shardsPerStatement, shards.count)
            ids += try self.insert(shards[start..<end], run)
        }
        return ids
    }

    /// Makes `fill` shards of an entity that are done or at work pending again, because rows came or went since.
    ///
    /// One at work may have looked before they came, so its lease is taken away: its fence can't hold any more.
    ///
    /// - Returns: The shards.
    package func reopenFills(of entity: EntityName, in run: RunID) throws(ControlStoreError) -> [ShardID] {
        try self.lead(
            "reopen the fills of \(entity)",
            """
            WITH closed AS (
                UPDATE godwit.attempts AS attempt SET ended_at = clock_timestamp(), outcome = 'cancelled'
                  FROM godwit.shards AS shard
                 WHERE attempt.lease = shard.lease AND attempt.ended_at IS NULL AND shard.state = 'leased'
                   AND shard.run_id = $2::uuid AND shard.entity = $3 AND shard.kind = 'fill' AND \(Self.reigns)
            )
            UPDATE godwit.shards
               SET state = 'pending', lease = NULL, lease_until = NULL, not_before = NULL, finished_at = NULL,
                   failed_attempts = 0, source_rows = 0, migrated = 0, rejected = 0, filtered = 0, adjusted = '{}'
             WHERE run_id = $2::uuid AND entity = $3 AND kind = 'fill' AND state IN ('done', 'leased')
               AND \(Self.reigns)
            RETURNING id
            """,
            [.run(run), .entity(entity)]
        )
        .rows.map { $0.shard("id") }
    }

    /// Every shard of a run, as a new reign needs them; but for replays that wait for a newer snapshot.
    ///
    /// `now` is what `notBefore` is reckoned from: the control schema has the target's clock, not ours. They are read some
    /// at a time, because the rows of a hundred thousand take more memory than what is kept of them.
    package func shardEntries(
        of run: RunID,
        after last: ShardID? = nil,
        atMost count: Int = .max,
        now: ContinuousClock.Instant
    ) throws(ControlStoreError) -> [ShardEntry] {
        try self.shardEntries(
            """
            run_id = $1::uuid AND id > $2::bigint AND (needs_snapshot IS NULL OR needs_snapshot <= (
                SELECT snapshot_number FROM godwit.migration_runs WHERE id = $1::uuid))
            """,
            [.run(run), .integer(last?.rawValue ?? .min)],
            atMost: count,
            now
        )
    }

    /// Some shards as they are now: those a message was about, those that are leased or failed here; and with them what
    /// has come from them, in the same snapshot: shards that a worker made of the rest, halves.
    package func shardEntries(_ shards: [ShardID], now: ContinuousClock.Instant) throws(ControlStoreError)
        -> [ShardEntry]
    {
        try self.shardEntries("(id = ANY ($1::bigint[]) OR parent = ANY ($1::bigint[]))", [.shards(shards)], now)
    }

    private func shardEntries(
        _ condition: String,
        _ parameters: [QueryParameter],
        atMost count: Int = .max,
        _ now: ContinuousClock.Instant
    ) throws(ControlStoreError) -> [ShardEntry] {
        try self.query(
            "read the shards",
            """
            SELECT id, entity, kind, lower_key, upper_key, estimated_bytes, estimated_rows, state, lease, incarnation, origin,
                   state = 'pending' AND attempt > 0 AND not_before IS NULL AS is_interrupted,
                   extract(epoch FROM not_before - clock_timestamp()) AS delay
              FROM godwit.shards WHERE \(condition) ORDER BY id LIMIT \(count)
            """,
            parameters
        )
        .rows
        .map { row in
            let state: ShardEntry.State =
                switch row.value("state", { ShardState(rawValue: $0) }) {
                case .pending: .pending(notBefore: row.double("delay").map { now + .seconds($0) })
                case .leased:
                    .leased(row.value("lease") { LeaseID($0) }, row.value("incarnation") { Incarnation($0) })
                case .done: .done
                case .failed: .failed
                case .split: .split
                }
            return ShardEntry(
                id: row.shard("id"),
                entity: row.entity("entity"),
                kind: row.value("kind") { ShardKind(rawValue: $0) },
                range: row.range(),
                weight: row.count("estimated_bytes"),
                state: state,
                origin: row.optional("origin") { ShardID($0) },
                isInterrupted: row.flag("is_interrupted"),
                rows: row.count("estimated_rows")
            )
        }
    }

    private func insert(_ shards: ArraySlice<NewShard>, _ run: RunID) throws(ControlStoreError) -> [ShardID] {
        let result = try self.lead(
            "add shards to run \(run)",
            """
            INSERT INTO godwit.shards
                   (run_id, entity, kind, lower_key, upper_key, keys, estimated_rows, estimated_bytes, merges)
            SELECT $2::uuid, shard.entity, shard.kind, shard.lower_key, shard.upper_key, shard.keys::bigint[],
                   shard.estimated_rows, shard.estimated_bytes, shard.merges::boolean
              FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[],
                          $10::text[])
                   WITH ORDINALITY AS shard
                   (entity, kind, lower_key, upper_key, keys, estimated_rows, estimated_bytes, merges, position)
             WHERE \(Self.reigns)
             ORDER BY shard.position
            RETURNING id
            """,
            [
                .run(run), .texts(shards.map(\.entity.rawValue)), .texts(shards.map(\.kind.rawValue)),
                .texts(shards.map { $0.range.lower.map(String.init) }),
                .texts(shards.map { $0.range.upper.map(String.init) }),
                .texts(shards.map { $0.keys.map { "{" + $0.map(String.init).joined(separator: ",") + "}" } }),
                .integers(shards.map { Int64($0.estimatedRows) }), .integers(shards.map { Int64($0.estimatedBytes) }),
                .texts(shards.map { String($0.merges) }),
            ]
        )
        return result.rows.map { $0.shard("id") }
    }
}
