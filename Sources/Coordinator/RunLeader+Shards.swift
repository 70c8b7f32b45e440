import Catalog
import ControlProtocol
import ControlStore
import FoundationEssentials
import Logging
import MigrationPlan
import Observability
import Scheduling

extension RunLeader {
    /// Reads back what the control schema says of shards.
    func look(at shards: [ShardID]) async throws {
        guard !shards.isEmpty else { return }
        self.machine.learn(try await self.store.shardEntries(shards, now: .now))
    }

    /// Grants in this turn, or in the next where this one has been long enough.
    func grantInTime() async throws {
        self.areGrantsOwed = false
        guard self.snapshotIdentifier != nil else { return }
        self.areGrantsOwed = self.turn.time(now: .now) > Self.grantTime
        guard !self.areGrantsOwed else { return self.goOnSoon() }
        try await self.grant()
        self.turn.spent(on: "leases")
    }

    /// A turn that has taken longer grants nothing (safe up to half of 0.1 s).
    private static let grantTime = Duration.milliseconds(30)

    /// Grants what may be granted, in one transaction, and sends the leases.
    private func grant() async throws {
        guard !self.areGrantsRefused, !self.throttle.isClosed(now: .now) else { return }
        let chosen = self.machine.grants(
            now: .now,
            isWindowOpen: self.isWindowOpen,
            limit: self.grantPortion.size
        )
        self.turn.spent(on: "choice of grants")
        guard !chosen.isEmpty else { return }
        let requests = chosen.compactMap { grant -> GrantRequest? in
            guard let worker = self.machine.workers[grant.worker] else { return nil }
            return GrantRequest(shard: grant.shard, lease: .random(), worker: worker.name, incarnation: grant.worker)
        }
        let owners = Dictionary(uniqueKeysWithValues: requests.map { ($0.lease, $0.incarnation) })
        let begin = ContinuousClock.now
        let granted = try await self.store.grant(requests, ttl: self.timers.lease)
        self.grantPortion.took(.now - begin, for: requests.count)
        self.turn.spent(on: "grants")
        // A retry with a corrected plan makes its shards pending in the transaction that records the plan.
        if granted.contains(where: { $0.planRevision > self.run.planRevision }) { try await self.followPlan() }
        for shard in granted {
            guard let owner = owners[shard.lease] else { continue }
            self.machine.shardChanged(shard.shard, to: .leased(shard.lease, owner))
            await self.send(shard, to: owner)
        }
        if granted.count < requests.count {
            // Somebody else changed them meanwhile; their rows say how.
            let missing = Set(requests.map(\.shard)).subtracting(granted.map(\.shard))
            try await self.look(at: Array(missing))
        }
        if granted.isEmpty {
            // Proposed anew they would be refused in every turn, as long as an operator has paused the run, or holds them.
            self.areGrantsRefused = true
            self.schedule.hurry(.orders, now: .now)
        }
    }

    /// Decides what becomes of a shard whose attempt failed, and records it.
    ///
    /// - Parameters:
    ///   - failed: What the worker says.
    ///   - header: Who says it.
    ///   - cut: Where the shard is halved, once the source has said so.
    /// - Returns: Whether that is settled; false while the source is being asked where to halve the shard.
    /// - Throws: `ControlStoreError`.
    func note(_ failed: Failed, _ header: MessageHeader, cut: Cut? = nil) async throws -> Bool {
        guard case .leased(failed.lease, _) = self.machine.shards[failed.shard]?.state else { return true }
        let record = try await self.store.shard(failed.shard)
        let counted = record.shard.failedAttempts + 1
        let attempts = record.attempts.count
        let decision = self.retryPolicy.decision(
            after: failed.errorClass,
            countedAttempts: counted,
            streak: record.attempts.disturbances + 1,
            jitter: .random(in: 0...1),
            isDivisible: self.machine.isDivisible(failed.shard),
            isTask: record.shard.kind.isTask
        )
        var cut = cut
        if decision == .split {
            cut = cut ?? self.cut(record.shard, after: failed, header)
            guard let cut else { return false }
            if case .at(let split) = cut {
                try await self.halve(failed, at: split, after: attempts, header)
                return true
            }
        }
        let (verdict, counts) = Self.verdict(decision, cut)
        if verdict == .fail { try await self.stopOrPause(failed, record.shard, decision) }
        _ = try await self.store.recordFailure(
            FailedAttempt(failed, countsAsAttempt: counts, verdict: verdict)
        )
        try await self.look(at: [failed.shard])
        try await self.report(failed, verdict: verdict, after: attempts, header)
        // Before more shards are granted in vain.
        if failed.side == .source, failed.errorClass == .surroundings { self.schedule.hurry(.snapshot, now: .now) }
        return true
    }

    /// What is recorded of a failure that halves no shard, and whether it counts as one of its attempts.
    private static func verdict(
        _ decision: RetryPolicy.Decision,
        _ cut: Cut?
    ) -> (FailedAttempt.Verdict, countsAsAttempt: Bool) {
        switch (decision, cut) {
        case (.retry(let delay, let countsAsAttempt), _): (.retry(after: delay), countsAsAttempt)
        case (.renewSnapshot, _), (.split, .unknown): (.retry(after: .seconds(1)), false)
        case (.split, _), (.fail, _): (.fail, true)
        // It says nothing about the shard.
        case (.stopRun, _): (.fail, false)
        }
    }

    private func report(
        _ failed: Failed,
        verdict: FailedAttempt.Verdict,
        after attempts: Int,
        _ header: MessageHeader
    ) async throws {
        let entity = self.machine.shards[failed.shard]?.entity
        // Who has the table is recorded once, not with every attempt that waits for it.
        if failed.isLockedOut, case .retry = verdict { return }
        switch verdict {
        case .retry where failed.errorClass == .cancelled:
            // Told to: by an operator, by TERM, or by this coordinator.
            let message = "given back, because its worker was told to stop; granted again at once"
            let event = NewEvent(.info, message, entity: entity, shard: failed.shard, worker: header.worker)
            try await self.store.record([event], of: self.run.id)
        case .retry(let delay):
            let seconds = (delay / .milliseconds(100)).rounded() / 10
            try await self.note(
                .warning,
                .attemptFailed,
                "will be tried again in \(seconds)s: \(failed.message)",
                entity: entity,
                shard: failed.shard,
                worker: header.worker
            )
        case .fail:
            self.logger.error(
                "shard failed",
                metadata: .of([
                    .shardID: failed.shard, .entity: entity, .error: failed.message,
                    .sqlState: failed.sqlState,
                ])
            )
            try await self.note(
                .error,
                .shardFailed,
                "failed after \(counted(attempts, "attempt")): \(failed.message); mend the cause, then: godwit retry \(failed.shard)",
                entity: entity,
                shard: failed.shard,
                worker: header.worker
            )
        }
    }

    /// What a shard's failure means for the run.
    ///
    /// Before the failure is recorded: whoever dies in between hears of it again.
    private func stopOrPause(_ failed: Failed, _ shard: ShardRecord, _ decision: RetryPolicy.Decision) async throws {
        if decision == .stopRun {
            let entity = self.machine.shards[failed.shard]?.entity
            try await self.end(
                RunSummary(
                    .failed,
                    "\(failed.shard) of \(entity.map { "\($0)" } ?? "?") found the \(failed.side.rawValue) changed: \(failed.message)"
                )
            )
        } else if self.plan.policy.errorStrategy == .pause {
            try await self.pause(
                .errorStrategy,
                "shard \(failed.shard) failed and the plan says error_strategy: pause",
                failing: ErrorReport.FailedShard(
                    shard: failed.shard.description,
                    entity: shard.entity,
                    errorClass: failed.errorClass.rawValue,
                    sqlState: failed.sqlState
                )
            )
        }
    }

    /// Records a warning or an error, which the runbook explains by its kind.
    func note(
        _ level: EventLevel,
        _ kind: EventKind,
        _ message: String,
        entity: EntityName? = nil,
        shard: ShardID? = nil,
        worker: WorkerName? = nil
    ) async throws {
        try await self.store.record(
            [NewEvent(level, kind, message, entity: entity, shard: shard, worker: worker)],
            of: self.run.id
        )
    }

    /// Records something an operator would ask about later.
    func note(_ message: String) async throws {
        try await self.store.record([NewEvent(.info, message)], of: self.run.id)
    }

    /// Sends a LEASE again that its worker seems not to have got.
    func repeatLease(of shard: ShardID, to incarnation: Incarnation) async throws {
        let record = try await self.store.shard(shard).shard
        guard record.incarnation == incarnation, let granted = GrantedShard(record) else { return }
        await self.send(granted, to: incarnation)
    }

    /// Whether the plan allows grants at this time of day.
    var isWindowOpen: Bool {
        self.plan.policy.window?.contains(minuteOfDay: LocalTime.minuteOfDay()) ?? true
    }
}
