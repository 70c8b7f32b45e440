import ArgumentParser
import ControlStore
import Coordinator
import Foundation

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how a run stands.",
        discussion: """
            Reads the control schema, so it works on any host and while no coordinator is up.

            EXAMPLES
              godwit status
              godwit status --watch
              godwit status 3 --json | jq .totals

            EXIT STATUS
              0 shown, however the run stands · 64 there is no such run · 69 the target can't be reached
            """
    )

    @OptionGroup var run: RunOptions

    @Flag(help: "Keep showing it until the run ends; with --json one document a line.")
    var watch = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "status")
            if self.watch, !self.output.json, Terminal.output.isInteractive {
                let watch = ProgressWatch(store: store, subject: .run(run.id), mode: .auto, terminal: .output)
                await watch.runUntilEnd()
                return
            }
            var view = try await RunView.read(run.id, from: store)
            while true {
                if self.output.json, self.watch {
                    try JSONOutput.printLine(RunReport(view))
                } else if self.output.json {
                    try JSONOutput.print(RunReport(view))
                } else {
                    StandardOutput.write(Self.text(view))
                }
                guard self.watch, view.isActive else { return }
                try await Task.sleep(for: .seconds(1))
                view = try await RunView.read(run.id, from: store)
            }
        }
    }

    private static func text(_ view: RunView) -> String {
        let width = Terminal.output.size?.columns ?? 100
        let lines = RunScreen(view: view, width: width, height: nil).lines + Self.timings(view)
        return lines.map { $0.rendered(width: width, colour: Terminal.output.hasColour) + "\n" }.joined()
    }

    private static func timings(_ view: RunView) -> [StyledLine] {
        var lines: [StyledLine] = []
        let shards = view.report.shards
        lines.append(
            StyledLine("shards: \(shards.done) done, \(shards.leased) running, \(shards.pending) pending, \(shards.failed) failed")
        )
        if let durations = view.report.durations {
            lines.append(
                StyledLine(
                    """
                    a shard took \(Figures.duration(durations.median)) in the median, 95 % of them at most \
                    \(Figures.duration(durations.percentile95)), the longest \(Figures.duration(durations.longest))
                    """
                )
            )
        }
        if let metrics = view.metrics, metrics.batches > 0 {
            let total = metrics.stageSeconds.values.reduce(0, +)
            let stages = ["read", "transform", "write", "commit"].map { stage in
                "\(stage) \(Int((metrics.stageSeconds[stage] ?? 0) / max(total, 1e-9) * 100))%"
            }
            let batch = total / Double(metrics.batches)
            lines.append(
                StyledLine(
                    """
                    \(Figures.count(metrics.batches)) \(metrics.batches == 1 ? "batch" : "batches"), \
                    \(Figures.decimal(batch * 1000, 1)) ms each: \(stages.joined(separator: ", "))
                    """
                )
            )
        }
        return lines
    }
}
