import ArgumentParser
import ControlStore
import Scheduling

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Grant no more shards of a run; those that are running go on to their end.",
        discussion: """
            EXAMPLES
              godwit pause
              godwit pause 3 --reason "the source is busy until noon"

            EXIT STATUS
              0 paused · 1 the run is not running · 64 there is no such run · 69 the target can't be reached
            """
    )

    @OptionGroup var run: RunOptions

    @Option(help: ArgumentHelp("Why; the display and status show it.", valueName: "text"))
    var reason = "paused by an operator"

    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "pause")
            let isNew = try await store.pause(run.id, reason: self.reason, by: Machine.caller)
            try await OperatorAnswer.print(
                run,
                store,
                self.output,
                isNew
                    ? "is paused; godwit resume \(run.number) goes on"
                    : "was paused before: \(run.statusReason ?? "by an operator"); godwit resume \(run.number) goes on"
            )
        }
    }
}

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Give a run up for good.",
        discussion: """
            Takes every lease away: what is being copied is rolled back, what is committed stays in the target. A new run \
            of the plan needs empty target tables, or `into: append`.

            EXAMPLES
              godwit cancel
              godwit cancel 3 --reason "wrong plan"

            EXIT STATUS
              0 cancelled · 1 the run has ended · 64 there is no such run · 69 the target can't be reached
            """
    )

    @OptionGroup var run: RunOptions

    @Option(help: ArgumentHelp("Why; status and events show it.", valueName: "text"))
    var reason = "cancelled by an operator"

    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "cancel")
            try await store.cancel(run.id, reason: self.reason, by: Machine.caller)
            try await OperatorAnswer.print(
                run,
                store,
                self.output,
                "is cancelled; what was committed is still in the target"
            )
        }
    }
}

/// What the three answer.
struct OperatorAnswer: Encodable {
    var run: RunRow
    var isLed: Bool

    static func print(_ run: RunRecord, _ store: ControlStore, _ output: OutputOptions, _ text: String) async throws {
        guard output.json else {
            StandardOutput.write("run #\(run.number) \(run.name) \(text)\n")
            return
        }
        let now = try await store.run(matching: .id(run.id))
        try JSONOutput.print(Self(run: RunRow(now), isLed: try await store.isLed()))
    }
}
