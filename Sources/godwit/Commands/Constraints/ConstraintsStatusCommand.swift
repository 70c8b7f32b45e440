import ArgumentParser
import ControlStore
import Foundation

struct ConstraintsStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what is off, what is back, and the statements that are left.",
        discussion: """
            EXIT STATUS
               0 shown, also where something is off
              64 there is no such run
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @Argument(
        help: ArgumentHelp(
            "The run: latest, its number (3 or '#3'), or the beginning of its id; every run with something off without.",
            valueName: "run"
        )
    )
    var run: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var databases: DatabaseOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let store = try await self.databases.controlStore(for: "constraints")
            let standings: [SuspendedStanding]
            if let name = self.run {
                let run = try await store.run(matching: RunSelector(argument: name))
                standings = try await store.suspendedStandings(of: run.id)
            } else {
                standings = try await store.suspendedStandings()
            }
            if self.output.json {
                try JSONOutput.print(standings.map { StandingRow($0) })
            } else {
                StandardOutput.write(StandingList(standings).text)
            }
        }
    }
}
