import Catalog
import ControlProtocol
import ControlStore
import Logging
import Observability
import Postgres
import Scheduling

extension RunLeader {
    /// What the source says about halving a shard.
    enum Cut: Sendable {
        case at(ShardSplit)
        /// One row or none is left.
        case nowhere
        /// The source did not answer; it may later.
        case unknown
    }

    /// Looks for the middle of a shard: that of its list of keys, or of its rows in the source.
    func cut(_ shard: ShardRecord) async throws -> Cut {
        if shard.kind == .replay {
            let first = shard.keyCount / 2
            guard first > 0 else { return .nowhere }
            return .at(ShardSplit(cut: .keys(first), firstRows: first, secondRows: shard.keyCount - first))
        }
        guard let entity = self.plan.entity(named: shard.entity.rawValue) else { return .nowhere }
        guard let snapshot = self.snapshotIdentifier else { return .unknown }
        let median: (rows: Int, key: Int64)?
        do {
            median = try await self.preparation.median.median(
                of: entity,
                in: shard.range,
                plan: self.plan,
                snapshot: snapshot
            )
        } catch {
            self.logger.warning(
                "the middle of a shard can't be found now",
                metadata: .of([.shardID: shard.id, .error: "\(error)"])
            )
            return .unknown
        }
        guard let median, median.rows > 1, shard.range.halves(at: median.key) != nil else { return .nowhere }
        let first = median.rows / 2
        return .at(ShardSplit(cut: .key(median.key), firstRows: first, secondRows: median.rows - first))
    }

    /// Puts two halves in the place of a shard whose attempts are used up.
    func halve(_ failed: Failed, at split: ShardSplit, attempt: Int, _ header: MessageHeader) async throws {
        let halves = try await self.store.split(
            FailedAttempt(failed, countsAsAttempt: true, verdict: .fail),
            split
        )
        for entry in try await self.store.shardEntries(halves, now: .now) { self.machine.add(entry) }
        try await self.look(at: [failed.shard])
        guard !halves.isEmpty else { return }
        let entity = self.machine.shards[failed.shard]?.entity
        let names = halves.map(\.description).joined(separator: " and ")
        self.logger.warning(
            "shard halved",
            metadata: .of([.shardID: failed.shard, .entity: entity, .shards: names, .error: failed.message])
        )
        try await self.note(
            .warning,
            .shardHalved,
            "halved into \(names) after \(attempt) attempts, to find what fails: \(failed.message)",
            entity: entity,
            shard: failed.shard,
            worker: header.worker
        )
    }
}

extension FailedAttempt {
    /// What a worker's message says, and what becomes of the shard.
    init(_ failed: Failed, countsAsAttempt: Bool, verdict: Verdict) {
        self.init(
            shard: failed.shard,
            lease: failed.lease,
            errorClass: failed.errorClass.rawValue,
            countsAsAttempt: countsAsAttempt,
            sqlState: failed.sqlState,
            message: failed.message,
            verdict: verdict
        )
    }
}

extension [AttemptRecord] {
    /// Failures in a row before the one that is being recorded that said something about the surroundings only.
    var disturbances: Int {
        self.reversed().drop { $0.endedAt == nil }.prefix { $0.outcome == "disturbed" }.count
    }
}
