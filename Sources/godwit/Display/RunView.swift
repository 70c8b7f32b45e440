import Catalog
import ControlStore
import Coordinator
import Foundation
import MigrationPlan
import Scheduling

/// A run as the display and `status` see it at one moment.
struct RunView: Sendable {
    var report: StatusReport
    /// Whether a coordinator is at work in this control schema.
    var isLed: Bool
    /// The coordinator's figures, nil before it has written any.
    var metrics: RunMetrics?
    var now: Date
    /// Seconds for which this process has watched the run: workers need some to come.
    var watchedFor = Double.infinity
    /// Seconds in which shards of an entity were worked on; of a run that has ended only.
    var workSeconds: [EntityName: Double] = [:]
    /// What is being built after the load, or could not be.
    var tasks: [TaskRecord] = []
    /// The plan's `rejects.max`; of a run that has ended only.
    var rejectLimit: RunSettings.RejectLimit?

    init(report: StatusReport, isLed: Bool, now: Date) {
        self.report = report
        self.isLed = isLed
        self.metrics = report.run.metrics.flatMap {
            try? JSONDecoder().decode(RunMetrics.self, from: Data($0.utf8))  // Of another version: no figures.
        }
        self.now = now
    }

    /// Reads a run's state.
    static func read(_ run: RunID, from store: ControlStore) async throws -> Self {
        let report = try await store.status(of: run)
        var view = Self(report: report, isLed: try await store.isLed(), now: Date())
        if report.tasks.leased + report.tasks.failed > 0 { view.tasks = try await store.tasks(of: run) }
        guard !view.isActive else { return view }
        view.workSeconds = try await store.workSeconds(of: run)
        // A plan of another version: nothing is said of its limit.
        let plan = try? JSONDecoder().decode(ResolvedPlan.self, from: Data(try await store.resolvedPlan(run).utf8))
        view.rejectLimit = plan?.policy.maximumRejects
        return view
    }

    var run: RunRecord { self.report.run }

    /// Whether a coordinator is working on it, or should be.
    var isActive: Bool { self.run.status == .running || self.run.status == .paused }

    /// Seconds in which a coordinator worked on it: neither the pauses nor the time between an end and a retry.
    var elapsed: Double {
        self.metrics?.activeSeconds ?? max(0, (self.run.completedAt ?? self.now).timeIntervalSince(self.run.startedAt))
    }

    /// Seconds that an entity took: once the run has ended those in which its shards were worked on, else from the first.
    func seconds(of entity: EntityStatus) -> Double? {
        self.workSeconds[entity.name] ?? entity.seconds(now: self.now)
    }

    /// What to say where more rows were rejected than the plan allows.
    var rejectExcess: String? {
        guard self.run.status == .completed else { return nil }
        return RunConclusion.rejectExcess(of: self.report.totals, limit: self.rejectLimit)
    }

    /// How the run stands, never better than it is.
    var standing: String {
        let failed = self.report.failedShards
        guard self.run.status == .completed else { return self.run.status.rawValue }
        if failed > 0 { return "ended with \(Figures.counted(failed, "failed shard"))" }
        if self.rejectExcess != nil { return "ended with too many rejects" }
        return self.run.isMixed ? "completed under more than one snapshot" : "completed"
    }

    /// Whether it is completed with nothing to be said against it.
    var isDone: Bool { self.standing == RunStatus.completed.rawValue }

    /// Whether a coordinator is at it: it leads, and has ended the pause that only waited for one.
    var isTakenUp: Bool {
        self.isLed && !(self.run.status == .paused && self.run.pauseCause?.endsWithANewCoordinator == true)
    }

    /// Source rows per second; of the last seconds while it runs, else over the whole run.
    var rowsPerSecond: Double {
        if self.isActive { return self.metrics?.rowsPerSecond ?? 0 }
        return self.elapsed > 0 ? Double(self.report.totals.sourceRows) / self.elapsed : 0
    }

    var remainingSeconds: Double? {
        guard self.run.status == .running, self.isLed else { return nil }
        return self.metrics?.remainingSeconds
    }

    /// The workers that are there.
    var workers: [WorkerRecord] {
        guard self.isActive else { return [] }
        return self.report.workers.filter { $0.isPresent(at: self.now) }
    }

    /// Whether somebody should start workers.
    var lacksWorkers: Bool {
        self.run.status == .running && self.isLed && self.workers.isEmpty && self.watchedFor > Self.patience
    }

    /// Seconds that workers have to come before their absence is an alarm; safe from 3 up.
    private static let patience = 5.0

    var slots: Int { self.workers.reduce(0) { $0 + $1.slots } }

    /// Unresolved rejects by reason, most frequent first.
    var rejects: [(reason: String, count: Int)] {
        let sums = self.report.entities.reduce(into: [String: Int]()) { $0.merge($1.rejects, uniquingKeysWith: +) }
        return sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (reason: $0.key, count: $0.value) }
    }

    /// Share of the source rows that are accounted for, 0...1.
    var fraction: Double {
        let expected = self.report.entities.reduce(0) { $0 + $1.expectedRows }
        let done = self.report.totals.sourceRows
        return expected > 0 ? Double(done) / Double(expected) : self.run.status == .completed ? 1 : 0
    }

    /// The phases in order, each with its entities in the order of the plan.
    var phases: [(label: String, entities: [EntityStatus])] {
        var phases: [(label: String, entities: [EntityStatus])] = []
        for entity in self.report.entities {
            let label = entity.phase ?? "–"
            if let index = phases.firstIndex(where: { $0.label == label }) {
                phases[index].entities.append(entity)
            } else {
                phases.append((label: label, entities: [entity]))
            }
        }
        return phases
    }
}

extension WorkerRecord {
    /// A worker that has been silent for longer is not counted as there (pings come every two seconds, and the roster
    /// is written once a second; safe from 5 up).
    private static let silence: TimeInterval = 15

    /// Whether it has neither left nor fallen silent.
    func isPresent(at time: Date) -> Bool {
        !self.hasLeft
            && (self.lastSeen ?? .distantPast).distance(to: time) < Self.silence
    }
}

extension EntityStatus {
    /// Share of the entity's source rows that are accounted for, 0...1; below 1 until it is complete.
    var fraction: Double {
        if self.isAllDone { return 1 }
        guard self.estimatedRows > 0 else { return 0 }
        return min(0.99, Double(self.counters.sourceRows) / Double(self.estimatedRows))
    }

    /// Complete without a failed shard.
    private var isAllDone: Bool { self.stage == .complete && self.shards.failed == 0 }

    /// Rows of the source: counted where all shards are done, else estimated.
    var expectedRows: Int {
        if self.isAllDone { return self.counters.sourceRows }
        if self.stage == .complete, self.failedRows > 0 { return self.sourceRows }
        return max(self.estimatedRows, self.counters.sourceRows)
    }

    /// Rows that were read, and those of failed shards by their estimates.
    var sourceRows: Int { self.counters.sourceRows + self.failedRows }

    /// Seconds from its first shard to completion.
    func seconds(now: Date) -> Double? {
        self.startedAt.map { max(0, (self.completedAt ?? now).timeIntervalSince($0)) }
    }

    /// Whether there is something to see: work going on, or failed.
    var isMoving: Bool {
        self.shards.failed + self.tasks.failed > 0 || (self.stage != .complete && self.stage != .waiting)
    }
}
