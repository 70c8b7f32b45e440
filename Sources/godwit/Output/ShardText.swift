import ControlStore
import Foundation
import Scheduling

/// What `godwit shard show` says of a shard.
struct ShardText {
    var shard: ShardRecord
    var attempts: [AttemptRecord]
    /// Unresolved, the most frequent reason first.
    var rejects: [RejectCount]

    func lines(width: Int?) -> [String] {
        var lines = (self.head + self.timings).flatMap { $0.wrapped(to: width) }
        if !self.rejects.isEmpty {
            let reasons = self.rejects.map { "\($0.reason) \(Figures.count($0.count))" }.joined(separator: ", ")
            lines += "rejects: \(reasons)".wrapped(to: width)
        }
        if !self.attempts.isEmpty { lines += [""] + self.history(width: width) }
        return lines + [""] + "next: \(self.next)".wrapped(to: width)
    }

    /// What to do about it.
    var next: String {
        switch self.shard.state {
        case .failed: "mend the cause, then godwit retry \(self.shard.id)"
        case .split:
            "look at its halves: " + self.shard.children.map { "godwit shard show \($0)" }.joined(separator: ", ")
        case .done where self.shard.kind.isTask: "nothing: its step of rebuilding is done"
        case .done: "nothing; godwit retry \(self.shard.id) --force merges its rows once more"
        case .pending where self.shard.merges: "nothing: it is granted by itself, and merges its rows"
        case .pending: "nothing: it is granted by itself while the run goes on"
        case .leased: "nothing: \(self.shard.worker.map { "\($0)" } ?? "a worker") is at it"
        }
    }

    private var head: [String] {
        let shard = self.shard
        let counters = shard.counters
        var lines = [
            "\(shard.id)  \(shard.entity)  \(shard.kind.rawValue)  keys \(shard.keysText)  \(shard.state.rawValue)",
            """
            \(Figures.count(counters.sourceRows)) source rows: \(Figures.count(counters.migrated)) migrated, \
            \(Figures.count(counters.rejected)) rejected, \(Figures.count(counters.filtered)) filtered \
            (\(Figures.count(shard.estimatedRows)) estimated)
            """,
        ]
        if !counters.adjusted.isEmpty {
            let kinds = counters.adjusted.sorted { $0.key < $1.key }.map { "\(Figures.count($0.value)) \($0.key)" }
            lines.append("adjusted: " + kinds.joined(separator: ", "))
        }
        if let worker = shard.worker { lines.append("last worker: \(worker)") }
        if shard.state == .leased, let until = shard.leaseUntil { lines.append("leased until \(Figures.time(until))") }
        if let parent = shard.parent {
            lines.append("a part of \(parent): a half of it after its last attempt, or of its rest")
        }
        if !shard.children.isEmpty {
            let halves = shard.children.map(\.description).joined(separator: " and ")
            let what = shard.state == .split ? "halved to find what fails" : "its rest was left to others"
            lines.append("\(what): see \(halves)")
        }
        if let time = shard.notBefore, shard.state == .pending { lines.append("not before \(Figures.time(time))") }
        return lines
    }

    private var timings: [String] {
        let stages = ["read", "transform", "write", "commit"]
            .compactMap { stage in self.shard.timings[stage].map { "\(stage) \(Figures.duration($0))" } }
        guard !stages.isEmpty else { return [] }
        let total = self.shard.seconds.map { "took \(Figures.duration($0)): " } ?? "last good attempt: "
        return [total + stages.joined(separator: ", ")]
    }

    /// The attempts, each with its error under it, whole.
    private func history(width: Int?) -> [String] {
        var table = TextTable([
            .right("attempt"), .left("started"), .right("took"), .left("outcome"), .left("class", spared: 1),
            .left("SQLSTATE"), .left("worker", spared: 0),
        ])
        for attempt in self.attempts {
            table.add([
                "\(attempt.number)", Figures.time(attempt.startedAt),
                attempt.endedAt.map { Figures.duration($0.timeIntervalSince(attempt.startedAt)) } ?? "",
                attempt.outcome ?? "running", attempt.errorClass ?? "", attempt.sqlState ?? "", attempt.worker.rawValue,
            ])
        }
        let rows = table.lines(width: width)
        var lines = Array(rows.prefix(1))
        for (attempt, row) in zip(self.attempts, rows.dropFirst()) {
            lines.append(row)
            if let message = attempt.message { lines += message.wrapped(to: width, indent: 9) }
        }
        return lines + table.omission(width: width)
    }
}
