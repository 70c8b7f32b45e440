import ArgumentParser
import ControlStore

/// The run of a command whose arguments name something in it, and where its control schema is.
struct SelectedRunOptions: ParsableArguments {
    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("The run: latest, its number, or the beginning of its id.", valueName: "run")
    )
    var name = "latest"

    @OptionGroup var databases: DatabaseOptions

    /// Opens the control schema and finds the run.
    func open(for command: String) async throws -> (store: ControlStore, run: RunRecord) {
        try await self.databases.open(run: self.name, for: command)
    }
}
