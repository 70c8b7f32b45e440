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
        .double(duration / .seconds(1))
    }

    /// A JSON object.
    static func json(_ value: some Encodable) -> QueryParameter {
        .text(Self.jsonText(value))
    }

    /// A JSON object's text, for arrays of them.
    static func jsonText(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // Dictionaries of finite numbers and texts always encode; a figure that is none is left out with the rest.
        guard let data = try? encoder.encode(value) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
