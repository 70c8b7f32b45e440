import ControlStore
import Coordinator
import Foundation
import Scheduling

/// Says in single lines how a run proceeds, for logs and pipes.
///
/// Pure: views go in, lines come out.
struct PlainProgress {
    private var lastLine: Date?
    /// Whether a coordinator has taken the run up since this began to look; what is there before is no news.
    private var hasBegun = false
    private var complete: Set<String> = []
    private var completePhases: Set<String> = []
    /// Begun before: their time would count what lies between.
    private var earlier: Set<String> = []
    private var alarm: String?

    /// A line every so many seconds; safe from 1 up.
    private static let interval: TimeInterval = 10

    init() {}

    /// The lines that a new view is worth.
    mutating func lines(for view: RunView) -> [String] {
        if !self.hasBegun, view.isActive, !view.isTakenUp {
            self.skip(view)
            return []
        }
        self.hasBegun = true
        var lines: [String] = []
        for phase in view.phases {
            for entity in phase.entities where entity.stage == .complete {
                guard self.complete.insert(entity.name.rawValue).inserted else { continue }
                lines.append(self.line(entity, view))
            }
            guard phase.entities.allSatisfy({ $0.stage == .complete }), self.completePhases.insert(phase.label).inserted
            else { continue }
            lines.append("phase \(phase.label) complete")
        }
        let alarm = Self.alarm(view)
        let isDue = self.lastLine.map { view.now.timeIntervalSince($0) >= Self.interval } ?? true
        if isDue || alarm != self.alarm {
            lines.append(Self.line(view))
            if let alarm { lines.append(alarm) }
            self.lastLine = view.now
            self.alarm = alarm
        }
        return lines
    }

    /// Takes what was complete before for known; an entity that was given more to do is not among it.
    private mutating func skip(_ view: RunView) {
        self.complete = Set(view.report.entities.filter { $0.stage == .complete }.map(\.name.rawValue))
        let phases = view.phases.filter { $0.entities.allSatisfy { $0.stage == .complete } }
        self.completePhases = Set(phases.map(\.label))
        self.earlier = Set(view.report.entities.filter { $0.startedAt != nil }.map(\.name.rawValue))
    }

    private func line(_ entity: EntityStatus, _ view: RunView) -> String {
        let counters = entity.counters
        var text = """
            \(entity.name) \(entity.failedShards > 0 ? "ended" : "complete"): \
            \(Figures.count(counters.migrated)) of \(Figures.count(entity.sourceRows)) rows migrated
            """
        if counters.rejected > 0 { text += ", \(Figures.count(counters.rejected)) rejected" }
        if counters.filtered > 0 { text += ", \(Figures.count(counters.filtered)) filtered" }
        if entity.failedShards > 0 {
            let shards = Figures.counted(entity.failedShards, "failed shard")
            let rows = entity.failedRows > 0 ? "about \(Figures.count(entity.failedRows)) in " : ""
            text += ", \(rows)\(shards)"
        }
        if !self.earlier.contains(entity.name.rawValue), let seconds = entity.seconds(now: view.now) {
            text += " in \(Figures.duration(seconds))"
        }
        return text
    }

    private static func line(_ view: RunView) -> String {
        let entities = view.report.entities
        let complete = entities.count { $0.stage == .complete }
        var words = [
            "run #\(view.run.number) \(view.run.name) \(view.standing): \(Int(view.fraction * 100))%",
            "\(Figures.count(view.report.totals.migrated)) rows migrated",
            "\(Figures.count(view.report.totals.rejected)) rejected",
            "\(complete) of \(entities.count) entities complete", "\(Figures.short(view.rowsPerSecond)) rows/s",
            Figures.duration(view.elapsed) + " elapsed",
        ]
        if let remaining = view.remainingSeconds { words.append(Figures.duration(remaining) + " to go") }
        words.append("\(Figures.counted(view.workers.count, "worker")), \(Figures.counted(view.slots, "slot"))")
        if view.report.failedShards > 0 { words.append(Figures.counted(view.report.failedShards, "failed shard")) }
        return words.joined(separator: ", ")
    }

    private static func alarm(_ view: RunView) -> String? {
        switch view.run.status {
        case .paused: "PAUSED: \(view.run.statusReason ?? "by an operator"); next: \(view.run.commandAfterPause)"
        case .running where view.lacksWorkers: "NO WORKERS: start godwit worker"
        case .running where view.metrics?.throttle?.standing == .closed:
            "THROTTLED: nothing is read: \(view.metrics?.throttle?.reason ?? "")"
        case .running, .completed, .failed, .cancelled: nil
        }
    }
}
