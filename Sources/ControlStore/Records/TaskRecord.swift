package import Scheduling

/// A step of bringing something back that somebody is at, or that has failed.
package struct TaskRecord: Sendable, Codable, Equatable {
    package var shard: ShardID
    package var entity: EntityName
    /// `index`, `constraint` or `validate`.
    package var kind: ShardKind
    /// Of the index or constraint.
    package var name: String
    /// Qualified and quoted.
    package var table: String
    /// Leased or failed.
    package var state: ShardState
    /// Who is at it.
    package var worker: WorkerName?
    /// How much of an index is built, 0...1; nil where the server does not say.
    package var fraction: Double?
    /// Seconds since the attempt began.
    package var seconds: Double?
    /// Why it failed.
    package var message: String?

    package init(
        shard: ShardID,
        entity: EntityName,
        kind: ShardKind,
        name: String,
        table: String,
        state: ShardState,
        worker: WorkerName? = nil,
        fraction: Double? = nil,
        seconds: Double? = nil,
        message: String? = nil
    ) {
        self.shard = shard
        self.entity = entity
        self.kind = kind
        self.name = name
        self.table = table
        self.state = state
        self.worker = worker
        self.fraction = fraction
        self.seconds = seconds
        self.message = message
    }
}
