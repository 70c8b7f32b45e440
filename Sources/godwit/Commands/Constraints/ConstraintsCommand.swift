import ArgumentParser

struct ConstraintsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "constraints",
        abstract: "Show and bring back indexes, constraints and triggers that are off for a load.",
        discussion: """
            Where it pays, indexes and foreign keys of a target table are dropped before its load and rebuilt after it; \
            triggers are switched off. How each comes back is recorded in the transaction that took it away.

            EXAMPLES
              godwit constraints status
              godwit constraints restore
              godwit constraints forget orders.orders_status_idx --reason "the column is no longer needed"
            """,
        subcommands: [
            ConstraintsStatusCommand.self, ConstraintsRestoreCommand.self, ConstraintsForgetCommand.self,
        ],
        defaultSubcommand: ConstraintsStatusCommand.self
    )
}
