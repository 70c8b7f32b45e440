import ArgumentParser

@main
struct Godwit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "godwit",
        abstract: "Moves a live PostgreSQL database with integer keys into one with UUID keys.",
        discussion: """
            GODWIT_SOURCE and GODWIT_TARGET say where the databases are (libpq URIs, or unset for the usual PG* \
            variables and service files).
            """,
        version: Machine.version,
        subcommands: [
            CheckCommand.self, PlanCommand.self, MigrateCommand.self, CoordinatorCommand.self, WorkerCommand.self,
            StatusCommand.self, ShardsCommand.self, ShardCommand.self, WorkersCommand.self, EventsCommand.self,
            RejectsCommand.self, PurgeCommand.self, RetryCommand.self, PauseCommand.self, ResumeCommand.self,
            CancelCommand.self, ThrottleCommand.self, DrainCommand.self, ConstraintsCommand.self, KeysCommand.self,
            UUIDCommand.self,
        ]
    )
}
