import ArgumentParser
import ControlStore
import Scheduling

struct ConstraintsForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Give an index, a constraint or a trigger up that need not come back.",
        discussion: """
            For what was dropped or switched off for a load, is still off, and is not wanted any more as it was: its \
            table was dropped or renamed, or something else has its place. Nothing of the target changes but the control \
            schema; who did it and why is in the run's events. What a column took with it needs no such word.

            EXAMPLES
              godwit constraints forget orders_status_idx --reason "replaced by a partial one"
              godwit constraints forget orders.orders_pkey 3 --reason "the table was moved to another schema"

            EXIT STATUS
               0 given up
               1 nothing of that name is off, more than one thing is, or somebody is at it
              64 there is no such run
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @Argument(help: ArgumentHelp("What, as constraints status names it: NAME, or ENTITY.NAME.", valueName: "object"))
    var object: String

    @Argument(help: ArgumentHelp("Only of this run: latest, its number, or the beginning of its id.", valueName: "run"))
    var run: String?

    @Option(help: ArgumentHelp("Why; status and events show it.", valueName: "text"))
    var reason: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var databases: DatabaseOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let store = try await self.databases.controlStore(for: "constraints")
            var only: RunID?
            if let name = self.run { only = try await store.run(matching: RunSelector(argument: name)).id }
            let open = try await store.suspendedStandings(of: only).filter(\.isOpen)
            let found = open.filter {
                [$0.object.name, "\($0.object.entity.rawValue).\($0.object.name)"].contains(self.object)
            }
            guard let standing = found.first else {
                let names = open.map { "\($0.object.entity.rawValue).\($0.object.name)" }.joined(separator: ", ")
                throw CommandFailure(
                    .failed,
                    "nothing of the name \(self.object) is off" + (names.isEmpty ? "" : "; these are: \(names)")
                )
            }
            guard found.count == 1 else {
                let names = found.map { "\($0.object.entity.rawValue).\($0.object.name) of run #\($0.number)" }
                throw CommandFailure(.failed, "name one of them: \(names.joined(separator: ", "))")
            }
            try await store.forget(standing.object, reason: self.reason, by: Machine.caller)
            if self.output.json {
                let now = try await store.suspendedStandings(of: standing.object.run)
                    .first { $0.object.id == standing.object.id }
                try JSONOutput.print(now.map { StandingRow($0) })
            } else {
                let object = standing.object
                StandardOutput.write("\(object.kind) \(object.name) of \(object.table) is given up: \(self.reason)\n")
            }
        }
    }
}
