import ArgumentParser
import ControlStore
import Scheduling

/// Which rejects a command is about.
struct RejectFilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only rows of this entity.", valueName: "entity"))
    var entity: String?

    @Option(help: ArgumentHelp("Only rows rejected for this reason.", valueName: "reason"))
    var reason: String?

    @Option(help: ArgumentHelp("Only rows that this target column is at fault for.", valueName: "column"))
    var column: String?

    @Option(help: ArgumentHelp("Only rows of this shard.", valueName: "id"))
    var shard: ShardID?

    @Option(
        help: ArgumentHelp(
            "Only the row with this source key, or those from one to another (100..199).",
            valueName: "keys"
        )
    )
    var key: KeySpan?

    /// The filter, for a run that has its entity.
    func filter(_ store: ControlStore, _ run: RunRecord, includesResolved: Bool) async throws -> RejectFilter {
        RejectFilter(
            entity: try await store.entity(self.entity, of: run),
            reason: self.reason,
            column: self.column,
            shard: self.shard,
            keys: self.key?.keys,
            includesResolved: includesResolved
        )
    }

    /// Whether it lets everything through.
    var isEmpty: Bool {
        self.entity == nil && self.reason == nil && self.column == nil && self.shard == nil && self.key == nil
    }
}
