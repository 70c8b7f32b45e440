import Catalog
import ControlProtocol
import ControlStore
import FoundationEssentials
import Logging
import Observability
import Scheduling

extension RunLeader {
    /// Does the recurring work that is due.
    func tick(_ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        let now = ContinuousClock.now
        if self.schedule.take(\.reconcile, now: now) {
            try await self.look(at: self.machine.leasedShards + Array(self.machine.failedShards))
            try await self.lookForMerges()
            try await self.obey()
            try await self.concludeAtLast()
            try await self.drainWorkers()
            try await self.watchSnapshotAge()
            if self.ended == nil, self.snapshotIdentifier != nil {
                self.machine.chooseYields(now: now, isWindowOpen: self.isWindowOpen)
            }
        }
        if self.schedule.take(\.keys, now: now) { try await self.followKeys() }
        if self.schedule.take(\.sweep, now: now) { try await self.sweep() }
        if self.schedule.take(\.load, now: now), self.ended == nil { try await self.watchLoad(&group) }
        if self.schedule.take(\.snapshot, now: now), self.ended == nil, self.sourceOutage == nil {
            self.checkSnapshot(&group)
        }
        if self.schedule.take(\.workers, now: now) { try await self.recordSomeWorkers() }
        if self.schedule.take(\.record, now: now), self.ended == nil { self.readStatus(&group) }
        if self.ended != nil { await self.dismissWorkers() }
        try await self.settlePause()
    }

    /// Takes over what an operator wrote into the control schema.
    private func obey() async throws {
        let record = try await self.store.run(matching: .id(self.run.id))
        self.runPause.follow(record.status, record.pauseCause, reason: record.statusReason)
        let isCorrected = record.planRevision > self.run.planRevision
        self.run = record
        if isCorrected { try await self.followPlan() }
        if record.status == .cancelled { try await self.end(RunSummary(.failed, "the run was cancelled")) }
    }

    private func sweep() async throws {
        for expired in try await self.store.expireLeases(of: self.run.id) {
            self.logger.warning(
                "a lease expired",
                metadata: .of([
                    .shardID: expired.shard, .workerID: expired.worker, .attempt: expired.attempt,
                ])
            )
            try await self.note(
                .warning,
                .leaseExpired,
                "the lease expired; the shard is granted again",
                entity: expired.entity,
                shard: expired.shard,
                worker: expired.worker
            )
            if case .leased(_, let holder) = self.machine.shards[expired.shard]?.state {
                // It did not even renew, so it gets nothing more until it says HELLO again.
                self.machine.parted(holder)
                self.roster.left(holder, state: "lost")
            }
            try await self.look(at: [expired.shard])
        }
        for silent in self.machine.forgetSilent(now: .now, after: self.timers.lease) {
            self.logger.warning("a worker fell silent", metadata: .of([.workerID: silent.name]))
            self.peers[silent.incarnation] = nil
            self.roster.left(silent.incarnation, state: "lost")
            self.keyBook.forget(silent.incarnation)
        }
        // Workers that died under an earlier coordinator: those that live have found this one by now.
        if .now - self.hasListenedSince > self.timers.lease { try await self.recordLost(silentFor: self.timers.lease) }
    }

    /// Writes down who has been silent for so long and was never heard of here.
    func recordLost(silentFor silence: Duration) async throws {
        let known = self.machine.workers.values.map(\.incarnation)
        for name in try await self.store.recordLost(of: self.run.id, besides: known, silentFor: silence) {
            self.logger.warning("a worker of an earlier coordinator is lost", metadata: .of([.workerID: name]))
        }
    }

    /// Pauses where the snapshot holds the source's cleanup back for longer than the plan allows.
    private func watchSnapshotAge() async throws {
        guard let limit = self.plan.policy.maximumSnapshotAgeSeconds, let snapshot = self.run.snapshot,
            self.runPause.reason == nil, self.acceptedSnapshot != snapshot.number,
            Date.now.timeIntervalSince(snapshot.takenAt) > limit
        else { return }
        self.acceptedSnapshot = snapshot.number
        // Whoever resumes the run accepts the age of this snapshot, also under the next coordinator.
        let data = ["cause": PauseCause.snapshotAge.rawValue, "snapshot": String(snapshot.number)]
        guard try await !self.store.hasEvent(with: data, of: self.run.id) else { return }
        try await self.pause(
            .snapshotAge,
            "the source's snapshot is older than max_snapshot_age (\(Int(limit)) s)",
            data: data
        )
    }

    /// Says what there is to know of a pause of this process's own once nothing is in flight.
    ///
    /// The process stays: with it and its workers the source's snapshot would go, and what is left be read under another.
    private func settlePause() async throws {
        guard let cause = self.runPause.ownCause, let reason = self.runPause.reason, self.ended == nil,
            !self.runPause.isSettled, self.machine.leasedShards.isEmpty
        else { return }
        // Anew: more shards may have failed since the run was paused. Nil where somebody has resumed it just now.
        guard let report = try await self.store.pause(self.run.id, cause, reason: reason, isUpdate: true) else {
            return
        }
        self.runPause.isSettled = true
        let text = report.lines.joined(separator: "\n")
        if self.configuration.leavesWhenPaused {
            try await self.end(RunSummary(.paused, text))
        } else {
            self.logger.error("the run stands still until somebody acts", metadata: .of([.reason: text]))
        }
    }

    /// Stops granting until somebody resumes the run.
    func pause(
        _ cause: PauseCause,
        _ reason: String,
        data: [String: String] = [:],
        failing: ErrorReport.FailedShard? = nil,
        accepting rate: (entity: EntityName, rate: Double)? = nil
    ) async throws {
        guard self.runPause.reason == nil else { return }
        self.runPause.begin(cause, reason)
        self.logger.error("the run is paused", metadata: .of([.reason: reason]))
        _ = try await self.store.pause(
            self.run.id,
            cause,
            reason: reason,
            data: data,
            failing: failing,
            accepting: rate
        )
    }

    /// Ends the run and lets the workers go.
    ///
    /// - Parameters:
    ///   - summary: How it ended.
    ///   - status: The run's sums where they are known already; nil has them read.
    /// - Throws: What the control schema throws.
    func end(_ summary: RunSummary, status: StatusReport? = nil) async throws {
        guard self.ended == nil else { return }
        if summary.outcome == .done || summary.outcome == .incomplete {
            guard try await self.store.complete(self.run.id, reason: summary.message) else {
                self.isConclusionDue = true
                return
            }
        }
        self.ended = summary
        try await self.recordEnd(summary)
        try await self.noteEnd(summary)
        self.logger.notice("the run has ended", metadata: .of([.runID: self.run.id, .reason: summary.message]))
        // First, so that they leave while the figures are written down.
        await self.dismissWorkers()
        await self.sendOutbox()
        try await self.recordFigures(status)
    }

    /// Writes down how the run ended; doing it again changes nothing.
    func recordEnd(_ summary: RunSummary) async throws {
        switch summary.outcome {
        case .failed:
            try await self.store.setStatus(
                self.run.id,
                .failed,
                reason: summary.message,
                errorDetails: ["message": summary.message]
            )
        case .done, .incomplete, .paused:
            break
        }
    }

    /// Tells whoever reads the events; a pause has its own, and so has a cancellation.
    private func noteEnd(_ summary: RunSummary) async throws {
        var event: NewEvent
        switch summary.outcome {
        case .done:
            event = NewEvent(.info, "the run is completed: \(summary.message)")
        case .incomplete:
            let message = "the run has ended, not as the plan wants it: \(summary.message)"
            event = NewEvent(.warning, .runIncomplete, message)
        case .failed where self.run.status != .cancelled:
            event = NewEvent(.error, .runFailed, "the run has failed: \(summary.message)")
        case .failed, .paused:
            return
        }
        event.data["ended"] = summary.outcome == .failed ? "failed" : "completed"
        try await self.store.record([event], of: self.run.id)
    }

    /// Asks for the end again, where the machine has not learnt of more to do.
    func concludeAtLast() async throws {
        guard self.isConclusionDue else { return }
        self.isConclusionDue = false
        guard self.machine.hasEnded else { return }
        try await self.conclude(failedShards: self.machine.failedShards.count)
    }

    /// What running shards have at the end of a run before they are rolled back, as at TERM (safe up to a minute).
    private static let drainSeconds = 10.0

    /// Tells every worker to leave, until they have; then leaves as well.
    private func dismissWorkers() async {
        for worker in self.machine.workers.values {
            guard let peer = self.peers[worker.incarnation] else { continue }
            await self.say(
                .drain(Drain(deadlineSeconds: Self.drainSeconds)),
                worker: worker.name,
                incarnation: worker.incarnation,
                peer
            )
        }
        if self.machine.workers.isEmpty { self.isLeaving = true }
    }
}
