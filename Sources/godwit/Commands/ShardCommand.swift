import ArgumentParser
import ControlStore
import Foundation
package import Scheduling

struct ShardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shard",
        abstract: "Look at one shard.",
        subcommands: [Show.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show a shard: every attempt at it, its timings, its rejects, and what to do.",
            discussion: """
                EXAMPLES
                  godwit shard show s1742
                  godwit shard show s1742 --json | jq '.attempts[-1].message'

                EXIT STATUS
                   0 shown
                  64 there is no such shard
                  69 the target can't be reached
                  77 the role of GODWIT_TARGET may not
                """
        )

        @Argument(help: ArgumentHelp("The shard's id, as every message names it.", valueName: "id"))
        var shard: ShardID

        @OptionGroup var output: OutputOptions
        @OptionGroup var databases: DatabaseOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let store = try await self.databases.controlStore(for: "shard show")
                let (shard, attempts) = try await store.shard(self.shard)
                let rejects = try await store.rejectCounts(of: shard.id)
                let text = ShardText(shard: shard, attempts: attempts, rejects: rejects)
                if self.output.json {
                    try JSONOutput.print(ShardDetail(text))
                } else {
                    let lines = text.lines(width: Terminal.output.tableWidth)
                    StandardOutput.write(lines.joined(separator: "\n") + "\n")
                }
            }
        }
    }
}

extension ShardID: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }
}
