import FoundationEssentials
import Postgres
import Scheduling

extension QueryParameter {
    static func run(_ run: RunID) -> QueryParameter { .text(run.description) }

    static func shard(_ shard: ShardID) -> QueryParameter { .integer(shard.rawValue) }

    static func shards(_ shards: some Sequence<ShardID>) -> QueryParameter {
        .integers(shards.map(\.rawValue))
    }

    static func lease(_ lease: LeaseID) -> QueryParameter { .text(lease.description) }

    static func entity(_ entity: EntityName) -> QueryParameter { .text(entity.rawValue) }

    /// Seconds, as `make_interval(secs => …)` takes them.
    static func seconds(_ duration: Duration) -> QueryParameter {
        .double(Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18)
    }

    /// A JSON object.
    static func json(_ value: some Encodable) -> QueryParameter {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // Dictionaries of counters and texts always encode.
        guard let data = try? encoder.encode(value) else { return .text("{}") }
        return .text(String(decoding: data, as: UTF8.self))
    }
}
