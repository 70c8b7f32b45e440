import Catalog
import ControlProtocol
import ControlStore
import FoundationEssentials
import Observability
import Scheduling

extension RunLeader {
    /// Has the run's sums read beside the loop, over the session that renews the leadership: over a hundred thousand
    /// shards they take longer than a worker should wait for its PONG.
    func readStatus(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        guard !self.isReadingStatus else { return }
        self.isReadingStatus = true
        group.addTask { [keeper, mailbox, run = self.run.id] in
            let start = ContinuousClock.now
            let status = await keeper.status(of: run)
            mailbox.yield(.statusRead(status, took: .now - start))
        }
    }

    /// The sums are there; the next ones are read when four times as long has passed, so that they cost a fifth of a
    /// session at most.
    func statusRead(_ status: StatusReport?, took: Duration) async throws {
        self.isReadingStatus = false
        self.schedule.delay(.figures, by: took * 4, now: .now)
        if self.lastFigures == .reading {
            self.lastFigures = .recorded
        } else if self.ended != nil {
            return
        }
        guard let status, self.targetOutage == nil else { return }
        try await self.record(status)
    }

    /// Writes the run's figures into the control schema, where the display and `godwit status` read them, and trips the
    /// circuit breaker where the plan's rate of rejects is exceeded.
    func record(_ status: StatusReport) async throws {
        let totals = status.totals
        self.countActiveTime()
        let metrics = RunMetrics(
            rowsPerSecond: self.figures.rowsPerSecond(now: .now),
            remainingRows: max(0, self.expectedRows - totals.sourceRows),
            stageSeconds: [
                "read": self.figures.seconds(\.readSeconds),
                "transform": self.figures.seconds(\.transformSeconds),
                "write": self.figures.seconds(\.writeSeconds),
                "commit": self.figures.seconds(\.commitSeconds),
            ],
            bytesRead: self.figures.total(\.bytesRead),
            bytesWritten: self.figures.total(\.bytesWritten),
            batches: self.figures.total(\.batches),
            unreadableMessages: self.figures.unreadableMessages,
            unsentMessages: self.figures.unsentMessages,
            foreignMessages: self.figures.foreignMessages,
            isBudgetUsedUp: self.machine.isBudgetUsedUp,
            waits: self.waits,
            throttle: !self.throttle.isBounding
                ? nil : ThrottleFigures(self.throttle.limits, self.throttle.standing(now: .now)),
            activeSeconds: self.activeSeconds,
            longestTurnSeconds: self.figures.longestTurn / .seconds(1)
        )
        let json = String(decoding: try JSONEncoder().encode(metrics), as: UTF8.self)
        try await self.store.recordMetrics(self.run.id, json: json)
        try await self.watchErrorRates(status)
    }

    /// Adds the time since the last look, unless the run stood still for a pause.
    private func countActiveTime() {
        let now = ContinuousClock.now
        if self.runPause.reason == nil || !self.machine.leasedShards.isEmpty {
            self.activeSeconds += (now - self.lastActive) / .seconds(1)
        }
        self.lastActive = now
    }

    /// What earlier reigns have counted; of a run of an earlier version all the time since its begin.
    static func activeSeconds(of run: RunRecord) -> Double {
        guard let text = run.metrics else { return 0 }
        let metrics = try? JSONDecoder().decode(RunMetrics.self, from: Data(text.utf8))
        return metrics?.activeSeconds ?? max(0, Date.now.timeIntervalSince(run.startedAt))
    }

    /// Writes down what was heard of the workers.
    func recordWorkers() async throws {
        while self.roster.hasChanges { try await self.recordSomeWorkers() }
    }

    /// Writes down what was heard of some of them, because all of a large pool take longer than a turn should.
    func recordSomeWorkers() async throws {
        guard self.roster.hasChanges else { return }
        let some = self.roster.takeChanges(atMost: self.recordPortion.size)
        let begin = ContinuousClock.now
        try await self.record(some)
        self.recordPortion.took(.now - begin, for: some.count)
        // A smaller portion is followed by the next so much earlier: 2,000 workers that ping every two seconds are kept up with.
        let share = Double(self.recordPortion.size) / Double(Self.workersAtOnce)
        self.schedule.hurry(.workers, now: .now + TickSchedule.Work.workers.interval * share)
    }

    func record(_ workers: [WorkerRecord]) async throws {
        try await self.store.record(workers, of: self.run.id, exporting: self.snapshotNumber)
    }

    /// The largest portion.
    static let workersAtOnce = 300

    private var expectedRows: Int {
        self.plan.entities.reduce(0) { $0 + Int($1.statistics.rows) }
    }
}
