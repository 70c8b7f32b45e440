import Postgres
import Scheduling

/// Says in the control schema that shards are done, for all workers together: a session each would measure PostgreSQL's
/// processes and not the scheduling.
struct FenceDesk: ~Copyable {
    private let connection: Connection

    init(_ target: ConnectionParameters) throws {
        self.connection = try Connection(target, role: .control, applicationName: "simulated workers")
    }

    /// Ends shards; waits for the commit.
    func finish(_ shards: [(lease: LeaseID, shard: ShardID)]) throws {
        _ = try self.connection.query(
            Self.statement,
            [.integers(shards.map(\.shard.rawValue)), .texts(shards.map(\.lease.description))]
        )
    }

    /// What the fence of a real shard does, of many at once.
    private static let statement = """
        WITH fenced AS (
            UPDATE godwit.shards AS shard
               SET state = 'done', finished_at = clock_timestamp(), lease_until = NULL, source_rows = 10, migrated = 10
              FROM unnest($1::bigint[], $2::uuid[]) AS done(id, lease)
             WHERE shard.id = done.id AND shard.lease = done.lease AND shard.state = 'leased'
            RETURNING shard.lease
        )
        UPDATE godwit.attempts AS attempt SET ended_at = clock_timestamp(), outcome = 'done'
          FROM fenced WHERE attempt.lease = fenced.lease
        """
}
