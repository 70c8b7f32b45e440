package import FoundationEssentials
package import Scheduling

/// Something an operator would ask about later.
package struct NewEvent: Sendable, Equatable {
    package var level: EventLevel
    package var message: String
    package var entity: EntityName?
    package var shard: ShardID?
    package var worker: WorkerName?
    package var data: [String: String]

    package init(
        _ level: EventLevel,
        _ message: String,
        entity: EntityName? = nil,
        shard: ShardID? = nil,
        worker: WorkerName? = nil,
        data: [String: String] = [:]
    ) {
        self.level = level
        self.message = message
        self.entity = entity
        self.shard = shard
        self.worker = worker
        self.data = data
    }

    /// A warning or an error, which the runbook explains by its kind.
    package init(
        _ level: EventLevel,
        _ kind: EventKind,
        _ message: String,
        entity: EntityName? = nil,
        shard: ShardID? = nil,
        worker: WorkerName? = nil,
        data: [String: String] = [:]
    ) {
        self.init(level, message, entity: entity, shard: shard, worker: worker, data: data)
        self.data["kind"] = kind.rawValue
    }
}

/// How urgent an event is, the least urgent first.
package enum EventLevel: String, Sendable, Codable, CaseIterable {
    case info
    case warning
    case error

    /// A level and those that are more urgent; all of them for nil.
    static func atLeast(_ level: Self?) -> [Self] {
        Array(self.allCases.drop { $0 != level ?? .info })
    }
}

/// An event as it was recorded.
package struct EventRecord: Sendable, Codable, Equatable {
    /// Grows; what follows the last one seen is new.
    package var id: Int64
    package var at: Date
    package var level: EventLevel
    package var message: String
    package var entity: EntityName?
    package var shard: ShardID?
    package var worker: WorkerName?
    /// A JSON object.
    package var data: String
}

/// Which events are asked for; nil asks for all.
package struct EventFilter: Sendable, Equatable {
    package var entity: EntityName?
    package var shard: ShardID?
    /// This level or a more urgent one.
    package var level: EventLevel?
    /// Only later ones.
    package var after: Int64

    package init(entity: EntityName? = nil, shard: ShardID? = nil, level: EventLevel? = nil, after: Int64 = 0) {
        self.entity = entity
        self.shard = shard
        self.level = level
        self.after = after
    }
}
