import ArgumentParser

@main
struct Godwit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "godwit",
        abstract: "Moves a live PostgreSQL database with integer keys into one with UUID keys."
    )
}
