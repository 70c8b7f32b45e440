import Catalog
import ControlStore
import FoundationEssentials
import Logging
import Observability
import Scheduling

extension RunLeader {
    /// Looks for replays that an operator asked for, when nothing else is left to do.
    ///
    /// They need a snapshot that sees what was corrected in the source; taken any earlier it would make the rest of
    /// the run read two of them.
    ///
    /// - Returns: Whether there are any; the run then goes on with them as soon as it has that snapshot.
    func expectReplays() async throws -> Bool {
        let waiting = try await self.waitingReplays()
        guard let wanted = waiting.map(\.snapshot).max() else { return false }
        try await self.store.completeReplays(of: self.run.id, snapshot: wanted)
        self.wantedSnapshot = wanted
        self.run = try await self.store.run(matching: .id(self.run.id))
        try await self.followPlan()
        if self.snapshotNumber < wanted { self.schedule.hurry(.snapshot, now: .now) }
        try await self.beginReplays()
        return true
    }

    /// Begins the replays that wait, where the snapshot will do.
    func beginReplays() async throws {
        guard let wanted = self.wantedSnapshot, self.snapshotNumber >= wanted else { return }
        self.wantedSnapshot = nil
        let waiting = try await self.waitingReplays().filter { $0.snapshot <= self.snapshotNumber }
        guard !waiting.isEmpty else {
            // Somebody else has taken them away.
            return try await self.conclude()
        }
        self.epoch = try await self.store.advancePresenceEpoch(of: self.run.id)
        self.machine.learn(try await self.store.shardEntries(waiting.map(\.shard), now: .now))
        self.logger.notice(
            "replaying rejects under a new snapshot",
            metadata: .of([.runID: self.run.id, .shards: waiting.count, .snapshotID: self.snapshotNumber])
        )
        try await self.note(
            """
            replaying \(counted(waiting.count, "shard")) of rejects under snapshot \(self.snapshotNumber) and revision \
            \(self.run.planRevision) of the plan
            """
        )
    }

    private func waitingReplays() async throws -> [(shard: ShardID, snapshot: Int)] {
        try await self.store.waitingReplays(of: self.run.id).filter { self.machine.shards[$0.shard] == nil }
    }

    /// Reads the run's plan again, because it was corrected.
    func followPlan() async throws {
        let (revision, text) = try await self.store.currentPlan(self.run.id)
        do {
            self.plan = try JSONDecoder().decode(ResolvedPlan.self, from: Data(text.utf8))
        } catch {
            throw CoordinatorError(
                .runFailed,
                "revision \(revision) of the plan of run #\(self.run.number) was made by another version of Godwit"
            )
        }
        self.run.planRevision = revision
        self.planHashes.insert(self.plan.planHash)
        await self.snapshot.follow(self.plan)
    }
}
