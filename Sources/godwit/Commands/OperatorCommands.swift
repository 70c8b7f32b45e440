import ArgumentParser
import ControlStore
import Coordinator
import Postgres
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
               0 paused
               1 the run is not running
              64 there is no such run
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
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

            Triggers that the run had suspended are switched on again: by its coordinator, or where that is gone by this \
            command. Where its role may not, it prints the statements for somebody who may; the next coordinator on this \
            target tries it too.

            EXAMPLES
              godwit cancel
              godwit cancel 3 --reason "wrong plan"

            EXIT STATUS
               0 cancelled
               1 the run has ended
              64 there is no such run
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
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
            let triggers = try await self.restoreTriggers(of: run, store)
            let structures = try await store.openStructures(of: run.id)
            try await OperatorAnswer.print(
                run,
                store,
                self.output,
                "is cancelled; what was committed is still in the target" + Self.text(triggers)
                    + (StructuresOff.text(structures, run: run.number).map { "\n" + $0 } ?? ""),
                triggersOff: triggers.refused.map { TriggerRow($0.object) }
            )
        }
    }
}

extension CancelCommand {
    /// Switches on what the run had suspended, where it has no coordinator that does so.
    private func restoreTriggers(of run: RunRecord, _ store: ControlStore) async throws -> Restoration {
        if try await store.isLed(), try await store.ledRun() == run.id { return Restoration() }
        let triggers = try await store.restoreObjectsLeftOff(by: run.id, triggersOnly: true)
        if !triggers.restored.isEmpty {
            let names = triggers.restored.map { "\($0.name) of \($0.table)" }.joined(separator: ", ")
            try await store.record([NewEvent(.info, "switched on again: \(names)")], of: run.id)
        }
        return triggers
    }

    private static func text(_ triggers: Restoration) -> String {
        var text = ""
        if !triggers.restored.isEmpty {
            text += "; \(Figures.counted(triggers.restored.count, "trigger")) switched on again"
        }
        guard !triggers.refused.isEmpty else { return text }
        text += "\n\(Figures.counted(triggers.refused.count, "trigger")) still OFF; have the tables' owner run:"
        for (object, error) in triggers.refused {
            text += "\n  \(object.restoreSQL);  -- \(error.underlying?.message ?? error.message)"
        }
        return text
    }
}

/// What the three answer.
struct OperatorAnswer: Encodable {
    var run: RunRow
    var isLed: Bool
    /// After a cancellation, what this role could not switch on.
    var triggersOff: [TriggerRow]?

    static func print(
        _ run: RunRecord,
        _ store: ControlStore,
        _ output: OutputOptions,
        _ text: String,
        triggersOff: [TriggerRow]? = nil
    ) async throws {
        guard output.json else {
            StandardOutput.write("run #\(run.number) \(run.name) \(text)\n")
            return
        }
        let now = try await store.run(matching: .id(run.id))
        try JSONOutput.print(Self(run: RunRow(now), isLed: try await store.isLed(), triggersOff: triggersOff))
    }
}
