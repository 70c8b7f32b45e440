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

    /// A failure whose shard is to be halved at its middle, which the source knows.
    struct Cutting: Sendable {
        var failed: Failed
        var header: MessageHeader
        var shard: ShardRecord
    }

    /// Where a shard is halved; nil where the source has to be asked, and is.
    func cut(_ shard: ShardRecord, after failed: Failed, _ header: MessageHeader) -> Cut? {
        if shard.kind == .replay {
            let first = shard.keyCount / 2
            guard first > 0 else { return .nowhere }
            return .at(ShardSplit(cut: .keys(first), firstRows: first, secondRows: shard.keyCount - first))
        }
        guard self.plan.entity(named: shard.entity.rawValue) != nil else { return .nowhere }
        guard self.snapshotIdentifier != nil else { return .unknown }
        if self.cutting.insert(failed.lease).inserted {
            self.uncut.append(Cutting(failed: failed, header: header, shard: shard))
        }
        return nil
    }

    /// Asks the source for the middle of shards, beside the event loop: it may take long to answer.
    ///
    /// Meanwhile the worker keeps its failed shard's lease, and reports the failure again.
    func startCuts(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        for cutting in self.uncut {
            guard let entity = self.plan.entity(named: cutting.shard.entity.rawValue),
                let snapshot = self.snapshotIdentifier
            else {
                self.mailbox.yield(.cut(cutting.failed, cutting.header, .unknown))
                continue
            }
            group.addTask { [median = self.preparation.median, mailbox, plan, logger] in
                let range = cutting.shard.range
                let cut: Cut
                do throws(PostgresError) {
                    let middle = try await median.median(of: entity, in: range, plan: plan, snapshot: snapshot)
                    cut = Cut(middle, of: range)
                } catch {
                    logger.warning(
                        "the middle of a shard can't be found now",
                        metadata: .of([.shardID: cutting.shard.id, .error: "\(error)"])
                    )
                    cut = .unknown
                }
                mailbox.yield(.cut(cutting.failed, cutting.header, cut))
            }
        }
        self.uncut.removeAll()
    }

    /// The source has answered: the failure is dealt with now.
    ///
    /// Where the target is away the worker reports it again.
    func found(_ cut: Cut, for failed: Failed, _ header: MessageHeader) async throws {
        self.cutting.remove(failed.lease)
        guard self.targetOutage == nil else { return }
        try await self.take(failed, header, self.peers[header.incarnation], cut: cut)
    }

    /// Puts two halves in the place of a shard whose attempts are used up.
    func halve(_ failed: Failed, at split: ShardSplit, after attempts: Int, _ header: MessageHeader) async throws {
        let halves = try await self.store.split(
            FailedAttempt(failed, countsAsAttempt: true, verdict: .fail),
            split
        )
        self.machine.learn(try await self.store.shardEntries(halves, now: .now))
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
            "halved into \(names) after \(counted(attempts, "attempt")), to find what fails: \(failed.message)",
            entity: entity,
            shard: failed.shard,
            worker: header.worker
        )
    }
}

extension RunLeader.Cut {
    /// At the median of a range's rows; nil for an empty range.
    init(_ median: (rows: Int, key: Int64)?, of range: KeyRange) {
        guard let median, median.rows > 1, range.halves(at: median.key) != nil else {
            self = .nowhere
            return
        }
        let first = median.rows / 2
        self = .at(ShardSplit(cut: .key(median.key), firstRows: first, secondRows: median.rows - first))
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
