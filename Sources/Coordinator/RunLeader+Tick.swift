import Catalog
import ControlProtocol
import ControlStore
import FoundationEssentials
import Logging
import Observability
import Scheduling

extension RunLeader {
    /// Does one piece of the recurring work that is due; more of it follows in a turn of its own, after the messages that
    /// have come meanwhile.
    func tick(_ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        if !self.areGrantsOwed, let work = self.schedule.next(now: .now) {
            try await self.run(work, &group)
            self.turn.spent(on: "\(work)")
        }
        if self.ended != nil, self.machine.workers.isEmpty { self.isLeaving = true }
        try await self.settlePause()
        if self.schedule.isDue(now: .now) { self.goOnSoon() }
    }

    /// Has the loop go on with its recurring work when the messages that wait have been dealt with.
    func goOnSoon() {
        guard !self.isGoingOn else { return }
        self.isGoingOn = true
        self.mailbox.yield(.goOn)
    }

    private func run(
        _ work: TickSchedule.Work,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        switch work {
        case .shards: try await self.lookAtSome()
        case .orders: try await self.followOrders()
        case .keys: try await self.followKeys()
        case .sweep: try await self.sweep()
        case .load where self.ended == nil: try await self.watchLoad(&group)
        case .snapshot where self.ended == nil && self.sourceOutage == nil: self.checkSnapshot(&group)
        case .workers: try await self.recordSomeWorkers()
        case .figures where self.ended == nil: self.readStatus(&group)
        case .dismissal where self.ended != nil: await self.dismissWorkers()
        case .load, .snapshot, .figures, .dismissal: break
        }
    }

    /// Reads back what the control schema says of shards that are at work or have failed, some in a turn.
    private func lookAtSome() async throws {
        if self.unlooked.isEmpty { self.unlooked = self.machine.leasedShards + Array(self.machine.failedShards) }
        let some = Array(self.unlooked.suffix(self.lookPortion.size))
        self.unlooked.removeLast(some.count)
        let begin = ContinuousClock.now
        try await self.look(at: some)
        self.lookPortion.took(.now - begin, for: some.count)
        if !self.unlooked.isEmpty { self.schedule.hurry(.shards, now: .now) }
    }

    private func followOrders() async throws {
        try await self.lookForMerges()
        try await self.obey()
        try await self.concludeAtLast()
        try await self.drainWorkers()
        try await self.watchSnapshotAge()
        self.areGrantsRefused = false
        guard self.ended == nil, self.snapshotIdentifier != nil else { return }
        self.machine.chooseYields(now: .now, isWindowOpen: self.isWindowOpen)
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
        let expired = try await self.store.expireLeases(of: self.run.id)
        for lease in expired {
            self.logger.warning(
                "a lease expired",
                metadata: .of([.shardID: lease.shard, .workerID: lease.worker, .attempt: lease.attempt])
            )
            if case .leased(_, let holder) = self.machine.shards[lease.shard]?.state {
                // It did not even renew, so it gets nothing more until it says HELLO again.
                self.machine.parted(holder)
                self.roster.left(holder, state: "lost")
            }
        }
        // Those of a host that is gone come together.
        try await self.store.record(
            expired.map {
                let text = "the lease expired; the shard is granted again"
                return NewEvent(.warning, .leaseExpired, text, entity: $0.entity, shard: $0.shard, worker: $0.worker)
            },
            of: self.run.id
        )
        try await self.look(at: expired.map(\.shard))
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
}
