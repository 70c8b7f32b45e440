import ArgumentParser

struct RejectsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rejects",
        abstract: "List, explain, export and replay the source rows that were not migrated.",
        subcommands: [
            RejectsListCommand.self, RejectsCountsCommand.self, RejectsShowCommand.self, RejectsExportCommand.self,
            RejectsReplayCommand.self,
        ],
        defaultSubcommand: RejectsListCommand.self
    )
}
