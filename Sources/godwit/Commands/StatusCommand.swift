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
               0 shown, however the run stands
              64 there is no such run
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
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
                    try JSONOutput.printLine(await RunReport.complete(view, from: store))
                } else if self.output.json {
                    try JSONOutput.print(await RunReport.complete(view, from: store))
                } else {
                    StandardOutput.write(Self.text(view, try await store.stageTimings(of: run.id)))
                }
                guard self.watch, view.isActive else { return }
                try await Task.sleep(for: .seconds(1))
                view = try await RunView.read(run.id, from: store)
            }
        }
    }

    private static func text(_ view: RunView, _ stages: [String: StageTiming]) -> String {
        let width = Terminal.output.size?.columns ?? 100
        let lines =
            RunScreen(view: view, width: width, height: nil).lines + Self.timings(view, stages)
            + Self.errorReport(view.run, width: width)
        return lines.map { $0.rendered(width: width, colour: Terminal.output.hasColour) + "\n" }.joined()
    }

    /// What there is to know about a run that stands still; its last line is the next command.
    private static func errorReport(_ run: RunRecord, width: Int) -> [StyledLine] {
        guard run.status == .paused else { return [] }
        let lines = run.errorReport?.lines ?? [run.commandAfterPause]
        return [StyledLine()] + lines.flatMap { $0.wrapped(to: width) }.map { StyledLine($0) }
    }

    private static func timings(_ view: RunView, _ stages: [String: StageTiming]) -> [StyledLine] {
        let shards = view.report.shards
        var lines = [
            "shards: \(shards.done) done, \(shards.leased) running, \(shards.pending) pending, \(shards.failed) failed"
        ]
        let tasks = view.report.tasks
        if tasks.total > 0 {
            lines.append(
                "rebuilding: \(tasks.done) steps done, \(tasks.leased) running, \(tasks.pending) pending, \(tasks.failed) failed"
            )
        }
        var table = TextTable([.left("a shard's"), .right("median"), .right("95 %"), .right("sum")])
        if let durations = view.report.durations {
            table.add(["time", Self.seconds(durations.median), Self.seconds(durations.percentile95), ""])
        }
        for stage in ["read", "transform", "write", "commit"] {
            guard let timing = stages[stage] else { continue }
            table.add([
                "  " + stage, Self.seconds(timing.median), Self.seconds(timing.percentile95),
                Self.seconds(timing.total),
            ])
        }
        if !table.isEmpty { lines += table.lines() }
        return lines.map { StyledLine($0, .faint) }
    }

    private static func seconds(_ seconds: Double) -> String {
        seconds < 0.9995
            ? "\(Figures.decimal(seconds * 1000, seconds < 0.00995 ? 1 : 0)) ms" : Figures.duration(seconds)
    }
}
