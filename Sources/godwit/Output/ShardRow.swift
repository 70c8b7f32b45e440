import ControlStore
import Foundation
import Scheduling

/// A shard in `--json`.
struct ShardRow: Encodable {
    var shard: String
    var entity: String
    var kind: ShardKind
    /// Both nil for a shard over all keys; the lower key is in the range, the upper is not.
    var lowerKey: Int64?
    var upperKey: Int64?
    var keyCount: Int?
    var state: ShardState
    var attempt: Int
    var failedAttempts: Int
    var notBefore: Date?
    var worker: String?
    var lease: String?
    var leaseUntil: Date?
    var snapshot: Int?
    var leasedAt: Date?
    var finishedAt: Date?
    var seconds: Double?
    var estimatedRows: Int
    var estimatedBytes: Int
    var counters: CounterRow
    var errorClass: String?
    var sqlState: String?
    var message: String?
    /// The shard whose half it is, and the halves that took its place.
    var parent: String?
    var children: [String]
    /// Whether its next attempt merges with the rows it has in the target.
    var merges: Bool
    /// Seconds of the last good attempt, by stage.
    var stageSeconds: [String: Double]

    init(_ shard: ShardRecord) {
        self.shard = shard.id.description
        self.entity = shard.entity.rawValue
        self.kind = shard.kind
        self.lowerKey = shard.range.lower
        self.upperKey = shard.range.upper
        self.keyCount = shard.kind == .replay ? shard.keyCount : nil
        self.state = shard.state
        self.attempt = shard.attempt
        self.failedAttempts = shard.failedAttempts
        self.notBefore = shard.notBefore
        self.worker = shard.worker?.rawValue
        self.lease = shard.lease?.description
        self.leaseUntil = shard.leaseUntil
        self.snapshot = shard.snapshot
        self.leasedAt = shard.leasedAt
        self.finishedAt = shard.finishedAt
        self.seconds = shard.seconds
        self.estimatedRows = shard.estimatedRows
        self.estimatedBytes = shard.estimatedBytes
        self.counters = CounterRow(shard.counters)
        self.errorClass = shard.errorClass
        self.sqlState = shard.sqlState
        self.message = shard.message
        self.parent = shard.parent?.description
        self.children = shard.children.map(\.description)
        self.merges = shard.merges
        self.stageSeconds = shard.timings
    }
}

/// A shard with all that was tried, in `shard show --json`.
struct ShardDetail: Encodable {
    var shard: ShardRow
    var attempts: [AttemptRow]
    /// Unresolved, by reason.
    var rejects: [String: Int]
    var next: String

    init(_ text: ShardText) {
        self.shard = ShardRow(text.shard)
        self.attempts = text.attempts.map { AttemptRow($0) }
        self.rejects = Dictionary(text.rejects.map { ($0.reason, $0.count) }) { $0 + $1 }
        self.next = text.next
    }

    struct AttemptRow: Encodable {
        var number: Int
        var worker: String
        /// Of the worker's process, by which `godwit workers --json` has its key.
        var incarnation: String
        var lease: String
        var startedAt: Date
        var endedAt: Date?
        var seconds: Double?
        var outcome: String?
        var errorClass: String?
        var sqlState: String?
        var message: String?

        init(_ attempt: AttemptRecord) {
            self.number = attempt.number
            self.worker = attempt.worker.rawValue
            self.incarnation = attempt.incarnation.description
            self.lease = attempt.lease.description
            self.startedAt = attempt.startedAt
            self.endedAt = attempt.endedAt
            self.seconds = attempt.endedAt.map { max(0, $0.timeIntervalSince(attempt.startedAt)) }
            self.outcome = attempt.outcome
            self.errorClass = attempt.errorClass
            self.sqlState = attempt.sqlState
            self.message = attempt.message
        }
    }
}

extension ShardRecord {
    /// From grant to fence, nil until it is done.
    var seconds: Double? {
        guard self.state == .done, let start = self.leasedAt, let end = self.finishedAt else { return nil }
        return max(0, end.timeIntervalSince(start))
    }

    /// `1…500`, `500…`, `12 keys`, or `all`.
    var keysText: String {
        if self.kind.isTask { return "–" }
        if self.kind == .replay { return Figures.counted(self.keyCount, "key") }
        switch (self.range.lower, self.range.upper) {
        case (nil, nil): return "all"
        case (let lower?, nil): return "\(lower)…"
        case (nil, let upper?): return "…\(upper - 1)"
        case (let lower?, let upper?): return "\(lower)…\(upper - 1)"
        }
    }

    /// Class, SQLSTATE and message of the last failure, on one line.
    var errorText: String {
        let words = [self.errorClass, self.sqlState, self.message].compactMap { $0 }
        return words.joined(separator: " ").split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
