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
            try await store.pause(run.id, reason: self.reason)
            try await store.record(
                [NewEvent(.info, "paused by an operator", data: ["reason": self.reason])],
                of: run.id
            )
            try await OperatorAnswer.print(
                run,
                store,
                self.output,
                "is paused; godwit resume \(run.number) goes on"
            )
        }
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a paused run go on.",
        discussion: """
            A coordinator that is up grants again at once. Without one, this says how to start one.

            EXAMPLES
              godwit resume
              godwit resume 3

            EXIT STATUS
              0 goes on · 1 the run has ended · 64 there is no such run · 69 the target can't be reached
              75 no coordinator is up: start one
            """
    )

    @OptionGroup var run: RunOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "resume")
            guard run.status == .paused || run.status == .failed || run.status == .running else {
                throw CommandFailure(
                    .failed,
                    "run #\(run.number) is \(run.status.rawValue): there is nothing to resume"
                )
            }
            guard try await store.isLed() else {
                throw CommandFailure(
                    .paused,
                    """
                    no coordinator is up, so run #\(run.number) stays as it is: go on with it by \
                    `godwit migrate --plan FILE` (the plan it was begun with), or `godwit coordinator --run \(run.id)` and \
                    workers
                    """
                )
            }
            if run.status != .running {
                try await store.resume(run.id)
                try await store.record([NewEvent(.info, "resumed by an operator")], of: run.id)
            }
            try await OperatorAnswer.print(run, store, self.output, "goes on")
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
            try await store.cancel(run.id, reason: self.reason)
            try await store.record(
                [NewEvent(.warning, "cancelled by an operator", data: ["reason": self.reason])],
                of: run.id
            )
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
