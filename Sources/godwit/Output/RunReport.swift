import ControlStore
import Coordinator
import Foundation
import Scheduling

/// What `status --json` and `migrate --json` print; the keys are stable.
struct RunReport: Encodable {
    var run: RunRow
    var coordinator: CoordinatorRow
    var elapsedSeconds: Double
    var rowsPerSecond: Double
    var remainingSeconds: Double?
    var totals: CounterRow
    var shards: ShardTally
    /// Steps of rebuilding what was dropped for the load, by state.
    var tasks: ShardTally
    /// Those that somebody is at, or that have failed.
    var rebuilding: [TaskRecord]
    /// Unresolved, by reason.
    var rejects: [String: Int]
    var entities: [EntityRow]
    var workers: [WorkerRow]
    /// From grant to fence, over the finished shards.
    var shardSeconds: ShardDurations?
    /// Seconds of the finished shards by stage.
    var stageSeconds: [String: StageTiming]
    var batches: Int?
    /// What the run left switched off at its end.
    var triggersOff: [TriggerRow]

    struct CoordinatorRow: Encodable {
        var isLeading: Bool
    }

    init(_ view: RunView, stages: [String: StageTiming]) {
        self.run = RunRow(view.run)
        self.coordinator = CoordinatorRow(isLeading: view.isLed)
        self.elapsedSeconds = view.elapsed
        self.rowsPerSecond = view.rowsPerSecond
        self.remainingSeconds = view.remainingSeconds
        self.totals = CounterRow(view.report.totals)
        self.shards = view.report.shards
        self.tasks = view.report.tasks
        self.rebuilding = view.tasks
        self.rejects = Dictionary(view.rejects.map { ($0.reason, $0.count) }) { $0 + $1 }
        self.entities = view.report.entities.map { EntityRow($0, seconds: view.seconds(of: $0)) }
        self.workers = view.report.workers.map { WorkerRow($0, now: view.now) }
        self.shardSeconds = view.report.durations
        self.stageSeconds = stages
        self.batches = view.metrics?.batches
        self.triggersOff = view.report.leftOff.filter(\.isTrigger).map(TriggerRow.init)
    }
}

extension RunReport {
    /// Reads what a view has not.
    static func complete(_ view: RunView, from store: ControlStore) async throws -> Self {
        Self(view, stages: try await store.stageTimings(of: view.run.id))
    }
}

struct RunRow: Encodable {
    var id: String
    var number: Int
    var name: String
    var type: String
    var status: RunStatus
    var statusReason: String?
    var statusBy: String?
    var pauseCause: PauseCause?
    var planHash: String
    var startedAt: Date
    var completedAt: Date?
    var createdBy: String
    var isMixed: Bool
    var snapshot: SnapshotRow?
    var errorDetails: JSONValue?

    struct SnapshotRow: Encodable {
        var number: Int
        var id: String
        var lsn: String?
        var takenAt: Date
    }

    init(_ run: RunRecord) {
        self.id = run.id.description
        self.number = run.number
        self.name = run.name
        self.type = run.type
        self.status = run.status
        self.statusReason = run.statusReason
        self.statusBy = run.statusBy
        self.pauseCause = run.pauseCause
        self.planHash = run.planHash
        self.startedAt = run.startedAt
        self.completedAt = run.completedAt
        self.createdBy = run.createdBy
        self.isMixed = run.isMixed
        self.snapshot = run.snapshot.map {
            SnapshotRow(number: $0.number, id: $0.id, lsn: $0.lsn, takenAt: $0.takenAt)
        }
        self.errorDetails = run.errorDetails.map(JSONValue.init(text:))
    }
}

struct CounterRow: Encodable {
    var sourceRows: Int
    var migrated: Int
    var rejected: Int
    var filtered: Int
    /// Rows that were migrated with a value changed on purpose, by what was done.
    var adjusted: [String: Int]
    var bytesRead: Int
    var bytesWritten: Int

    init(_ counters: ShardCounters) {
        self.sourceRows = counters.sourceRows
        self.migrated = counters.migrated
        self.rejected = counters.rejected
        self.filtered = counters.filtered
        self.adjusted = counters.adjusted
        self.bytesRead = counters.bytesRead
        self.bytesWritten = counters.bytesWritten
    }
}

struct EntityRow: Encodable {
    var entity: String
    var phase: String?
    var stage: EntityNode.Stage
    var sourceTable: String
    var targetTable: String
    var startedAt: Date?
    var completedAt: Date?
    var seconds: Double?
    var estimatedRows: Int
    /// Of its failed shards, by their estimates.
    var failedRows: Int
    var counters: CounterRow
    var rejects: [String: Int]
    var shards: ShardTally

    init(_ entity: EntityStatus, seconds: Double?) {
        self.entity = entity.name.rawValue
        self.phase = entity.phase
        self.stage = entity.stage
        self.sourceTable = entity.sourceTable
        self.targetTable = entity.targetTable
        self.startedAt = entity.startedAt
        self.completedAt = entity.completedAt
        self.seconds = seconds
        self.estimatedRows = entity.estimatedRows
        self.failedRows = entity.failedRows
        self.counters = CounterRow(entity.counters)
        self.rejects = entity.rejects
        self.shards = entity.shards
    }
}

struct TriggerRow: Encodable {
    var table: String
    var trigger: String
    /// The statement that switches it on.
    var restore: String

    init(_ object: SuspendedRecord) {
        self.table = object.table
        self.trigger = object.name
        self.restore = object.restoreSQL
    }
}

struct WorkerRow: Encodable {
    var name: String
    var incarnation: String
    var host: String
    var pid: Int
    var slots: Int
    var build: String
    var state: String
    /// False when it has left or fallen silent.
    var isPresent: Bool
    /// The CURVE key it said HELLO with; nil without keys.
    var publicKey: String?
    var startedAt: Date?
    var lastSeen: Date?
    var counters: [String: JSONValue]

    init(_ worker: WorkerRecord, now: Date) {
        self.name = worker.name.rawValue
        self.incarnation = worker.incarnation.description
        self.host = worker.host
        self.pid = worker.pid
        self.slots = worker.slots
        self.build = worker.build
        self.state = worker.state
        self.isPresent = worker.isPresent(at: now)
        self.publicKey = worker.publicKey
        self.startedAt = worker.startedAt
        self.lastSeen = worker.lastSeen
        self.counters = [:]
        if case .object(let counters) = JSONValue(text: worker.counters) {
            self.counters = Dictionary(counters.map { ($0.key.snakeCased, $0.value) }) { first, _ in first }
        }
    }

    /// A counter's value, 0 where the worker has not said.
    func counter(_ name: String) -> Double {
        switch self.counters[name] {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: 0
        }
    }
}

extension String {
    /// `rowsRead` as `rows_read`.
    var snakeCased: String {
        self.reduce(into: "") { text, character in
            if character.isUppercase { text.append("_") }
            text += character.lowercased()
        }
    }
}
