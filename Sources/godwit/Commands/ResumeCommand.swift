import ArgumentParser
import ControlStore
import Coordinator
import MigrationPlan
import Scheduling

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a paused or failed run go on.",
        discussion: """
            A coordinator that is up grants again at once. Otherwise one is started here, with workers, as `migrate` does, \
            unless the role of GODWIT_TARGET can't lead. \
            A run goes on with the plan it was begun with; with --plan it is refused where that file has changed since. \
            A corrected plan goes by `godwit retry --plan` or `godwit rejects replay --plan`.

            EXAMPLES
              godwit resume
              godwit resume 3 --plan plan.yaml --workers 4
              godwit resume 3 --no-run

            EXIT STATUS
               0 goes on, or done
               1 failed, or the run has ended
               2 finished, but with failed shards, too many rejects, two snapshots, or indexes still off
              64 there is no such run
              65 the plan has changed
              69 a database can't be reached
              75 told to leave or paused again; resume
              77 the role of GODWIT_TARGET may not
            """
    )

    @OptionGroup var run: RunOptions

    @Option(help: ArgumentHelp("Refuse to go on where this plan is not the run's.", valueName: "file"))
    var plan: String?

    @OptionGroup var work: WorkOptions
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
            if let file = self.plan {
                let plan = try PlanFile.load(file)
                try await PlanGuard(store: store).require(plan, file: file, of: run)
            }
            try await store.resume(run.id, by: Machine.caller)
            let isLed = try await store.isLed()
            let handoff = isLed ? .coordinator : Handoff(self.work, try await store.standing())
            let starts = handoff.isStart
            if !(starts && self.output.json) {
                try await OperatorAnswer.print(run, store, self.output, self.next(run, handoff))
            }
            guard starts else { return }
            try await self.work.work(on: run, databases: self.run.databases, json: self.output.json)
        }
    }

    private func next(_ run: RunRecord, _ handoff: Handoff) -> String {
        if handoff == .coordinator { return "goes on" }
        if handoff.isStart { return "goes on; " + handoff.text(of: run, "") }
        return "goes on as soon as a coordinator is up: " + handoff.text(of: run, "")
    }
}
