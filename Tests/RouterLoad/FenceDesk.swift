import Postgres
import Scheduling

/// Says in the control schema that shards are done, for all workers together: a session each would measure PostgreSQL's
/// processes and not the scheduling.
actor FenceDesk {
    private nonisolated let executor = BlockingExecutor(label: "fences")
    private let connection: Connection
    private var waiting: [(lease: LeaseID, shard: ShardID, done: CheckedContinuation<Bool, Never>)] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(_ target: ConnectionParameters) throws {
        self.connection = try Connection(target, role: .control, applicationName: "simulated workers")
    }

    /// Works until the process ends.
    func run() async throws {
        while !Task.isCancelled {
            let batch = self.waiting
            self.waiting = []
            guard !batch.isEmpty else {
                try await Task.sleep(for: .milliseconds(10))
                continue
            }
            let result = try self.connection.query(
                Self.statement,
                [.integers(batch.map(\.shard.rawValue)), .texts(batch.map(\.lease.description))]
            )
            let fenced = Set(result.rows.compactMap { $0.integer(0) })
            for one in batch { one.done.resume(returning: fenced.contains(one.shard.rawValue)) }
        }
    }

    /// Whether the fence held.
    func finish(_ lease: LeaseID, of shard: ShardID) async -> Bool {
        await withCheckedContinuation { self.waiting.append((lease, shard, $0)) }
    }

    /// What the fence of a real shard does, of many at once.
    private static let statement = """
        WITH fenced AS (
            UPDATE godwit.shards AS shard
               SET state = 'done', finished_at = clock_timestamp(), lease_until = NULL, source_rows = 10, migrated = 10
              FROM unnest($1::bigint[], $2::uuid[]) AS done(id, lease)
             WHERE shard.id = done.id AND shard.lease = done.lease AND shard.state = 'leased'
            RETURNING shard.id, shard.lease
        ), closed AS (
            UPDATE godwit.attempts AS attempt SET ended_at = clock_timestamp(), outcome = 'done'
              FROM fenced WHERE attempt.lease = fenced.lease
        )
        SELECT id FROM fenced
        """
}
