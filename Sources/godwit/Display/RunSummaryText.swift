import ControlStore
import Foundation
import Scheduling

/// What a command that worked on a run says at its end: a table, and what to do next.
struct RunSummaryText {
    let view: RunView
    /// Characters that the table's lines are cut to, nil for none.
    let width: Int?

    var text: String {
        var table = TextTable([
            .left("entity"), .right("source"), .right("migrated"), .right("rejected"), .right("filtered"),
            .right("time"),
            .right("rows/s"),
        ])
        for entity in self.view.report.entities {
            table.add(self.cells(entity.name.rawValue, entity.counters, entity.seconds(now: self.view.now)))
        }
        table.add(self.cells("total", self.view.report.totals, self.view.elapsed))
        let lines = [""] + table.lines(width: self.width) + ["", self.verdict] + self.nextSteps
        return lines.joined(separator: "\n") + "\n"
    }

    private func cells(_ name: String, _ counters: ShardCounters, _ seconds: Double?) -> [String] {
        let rate = seconds.map { $0 > 0 ? Figures.short(Double(counters.sourceRows) / $0) : "–" }
        return [
            name, Figures.count(counters.sourceRows), Figures.count(counters.migrated),
            Figures.count(counters.rejected),
            Figures.count(counters.filtered), seconds.map(Figures.duration) ?? "–", rate ?? "–",
        ]
    }

    private var verdict: String {
        let run = self.view.run
        var text = "run #\(run.number) \(run.name) (\(run.id.description.prefix(8))) \(self.ending)"
        if run.status == .paused || run.status == .failed, let reason = run.statusReason { text += ": \(reason)" }
        return text
    }

    /// How the run stands, never better than it is.
    private var ending: String {
        let failed = self.view.report.shards.failed
        guard self.view.run.status == .completed else { return "is \(self.view.run.status.rawValue)" }
        if failed > 0 { return "has ended with \(Figures.counted(failed, "failed shard"))" }
        return self.view.run.isMixed ? "is completed under more than one snapshot" : "is completed"
    }

    private var nextSteps: [String] {
        let run = self.view.run
        var steps: [String] = []
        let failed = self.view.report.shards.failed
        if failed > 0 {
            steps.append(
                "\(Figures.counted(failed, "failed shard")): godwit shards \(run.number) --failed, then godwit retry --failed --run \(run.number)"
            )
        }
        let rejected = self.view.report.totals.rejected
        if rejected > 0 {
            steps.append(
                "\(Figures.counted(rejected, "rejected row")): godwit rejects \(run.number), godwit rejects ls \(run.number)"
            )
        }
        switch run.status {
        case .paused:
            steps.append("go on: \(run.commandAfterPause)")
        case .running where !self.view.isLed: steps.append("not finished: the same command again goes on with it")
        case .failed: steps.append("what happened: godwit events \(run.number) --level error")
        case .running, .completed, .cancelled: break
        }
        return steps.map { "  " + $0 }
    }
}
