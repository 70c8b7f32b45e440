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
        // One that is not there is a mistake of the call.
        if let shard = self.shard { _ = try await store.shard(shard) }
        return RejectFilter(
            entity: try await store.entity(self.entity, of: run),
            reason: self.reason,
            column: self.column,
            shard: self.shard,
            keys: self.key?.keys,
            includesResolved: includesResolved
        )
    }

    /// What to say where nothing came through: a reason or a column may be misspelt, so those that are there are named.
    func nothing(_ store: ControlStore, _ run: RunRecord, includesResolved: Bool) async throws -> String {
        let what = "run #\(run.number) has no \(self.isEmpty ? "" : "such ")\(includesResolved ? "" : "open ")rejects"
        guard !self.isEmpty else { return what }
        let filter = RejectFilter(entity: nil, includesResolved: includesResolved)
        let reasons = Set(try await store.rejectCounts(of: run.id, filter).map(\.reason)).sorted()
        return reasons.isEmpty ? what : what + "; it has some for \(reasons.joined(separator: ", "))"
    }

    /// Whether it lets everything through.
    var isEmpty: Bool {
        self.entity == nil && self.reason == nil && self.column == nil && self.shard == nil && self.key == nil
    }
}
