import ArgumentParser

@main
struct RouterLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "RouterLoad",
        abstract: "Loads a coordinator's socket, for measurements.",
        subcommands: [FuzzCommand.self, JunkCommand.self, HerdCommand.self, PoolCommand.self]
    )
}
