import ControlStore
import Coordinator
import Foundation
import Scheduling

/// What a command that worked on a run says at its end: a table, and what to do next.
struct RunSummaryText {
    let view: RunView
    /// Characters that the table's lines are cut to, nil for none.
    let width: Int?

    var text: String {
        let failed = self.view.report.entities.reduce(0) { $0 + $1.failedRows }
        var table = TextTable(
            [.left("entity"), .right("source"), .right("migrated"), .right("rejected"), .right("filtered")]
                + (failed > 0 ? [.right("failed")] : []) + [.right("time"), .right("rows/s")]
        )
        /// Rows of failed shards are known by their estimates; the column is there where a row has any.
        func add(_ name: String, _ counters: ShardCounters, _ failedRows: Int, _ seconds: Double?) {
            let rate = seconds.map { $0 > 0 ? Figures.short(Double(counters.sourceRows) / $0) : "–" }
            table.add(
                [
                    name, Figures.count(counters.sourceRows + failedRows), Figures.count(counters.migrated),
                    Figures.count(counters.rejected), Figures.count(counters.filtered),
                ]
                    + (failed > 0 ? [failedRows > 0 ? "~\(Figures.count(failedRows))" : "0"] : [])
                    + [seconds.map(Figures.duration) ?? "–", rate ?? "–"]
            )
        }
        for entity in self.view.report.entities {
            add(entity.name.rawValue, entity.counters, entity.failedRows, self.view.seconds(of: entity))
        }
        add("total", self.view.report.totals, failed, self.view.elapsed)
        let lines = [""] + table.lines(width: self.width) + ["", self.verdict] + self.nextSteps
        return lines.joined(separator: "\n") + "\n"
    }

    private var verdict: String {
        let run = self.view.run
        var text = "run #\(run.number) \(run.name) (\(run.id.description.prefix(8))) \(self.ending)"
        if [.paused, .failed, .cancelled].contains(run.status), let reason = run.statusReason { text += ": \(reason)" }
        return text
    }

    /// How the run stands, never better than it is.
    private var ending: String {
        let standing = self.view.standing
        return standing.hasPrefix("ended") ? "has \(standing)" : "is \(standing)"
    }

    private var nextSteps: [String] {
        let run = self.view.run
        var steps: [String] = []
        let failed = self.view.report.failedShards
        if failed > 0 {
            steps.append(
                "\(Figures.counted(failed, "failed shard")): godwit shards \(run.number) --failed, then godwit retry --failed --run \(run.number)"
            )
        }
        let rejected = self.view.report.totals.rejected
        if rejected > 0 {
            steps.append(
                "\(Figures.counted(rejected, "rejected row")): godwit rejects counts \(run.number) counts, godwit rejects \(run.number) lists them"
            )
        }
        if let excess = self.view.rejectExcess { steps.append(excess) }
        if run.isMixed {
            steps.append("read under more than one snapshot. \(RunConclusion.mixedAdvice(run: run.number))")
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
