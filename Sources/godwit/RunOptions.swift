import ArgumentParser
import ControlStore
import Foundation

/// The run that a command is about, and where its control schema is.
struct RunOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The run: latest, its number (3 or '#3'), or the beginning of its id.", valueName: "run")
    )
    var run = "latest"

    @OptionGroup var databases: DatabaseOptions

    /// Opens the control schema and finds the run.
    func open(for command: String) async throws -> (store: ControlStore, run: RunRecord) {
        try await self.databases.open(run: self.run, for: command)
    }
}

extension RunSelector {
    /// Reads a run as it is written on the command line.
    init(argument text: String) {
        if text == "latest" {
            self = .latest
        } else if text.count < 6, text.allSatisfy(\.isNumber) {
            // An id's beginning is worth typing from eight characters on; a run's number never has that many.
            self = .prefix("#" + text)
        } else {
            self = .prefix(text)
        }
    }
}

extension DatabaseOptions {
    /// The control schema in the target, which must be there.
    func controlStore(for command: String) async throws -> ControlStore {
        let store = ControlStore(parameters: try self.target(), applicationName: "godwit \(command)")
        try await store.requireSchema()
        return store
    }

    /// The same, with the run that a command line names.
    func open(run: String, for command: String) async throws -> (store: ControlStore, run: RunRecord) {
        let store = try await self.controlStore(for: command)
        return (store, try await store.run(matching: RunSelector(argument: run)))
    }
}
