package import Scheduling

/// A shard that one attempt after the other fails on its surroundings, which uses up none: it would be tried for ever.
package struct Disturbance: Sendable, Codable, Equatable {
    package var shard: ShardID
    package var entity: EntityName
    package var kind: ShardKind
    /// Attempts in a row.
    package var count: Int
    package var sqlState: String?
    /// What the last of them said.
    package var message: String?
    /// How many shards of the run are like that, this one included.
    package var shards: Int

    /// From so many on it is no weather.
    ///
    /// With the plan's `retry.delay` of 2 s they take half a minute. With fewer a server's restart would be told of every shard;
    /// with many more a full disk would be told too late.
    package static let least = 5
    /// Or two or more that have cost so much work, which nobody would call progress.
    ///
    /// An attempt takes 10 s, or what one row or one index takes; a server that restarts costs one of them, not two.
    package static let loss = Duration.seconds(60)

    package init(
        shard: ShardID,
        entity: EntityName,
        kind: ShardKind,
        count: Int,
        sqlState: String?,
        message: String?,
        shards: Int
    ) {
        self.shard = shard
        self.entity = entity
        self.kind = kind
        self.count = count
        self.sqlState = sqlState
        self.message = message
        self.shards = shards
    }
}
