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
            abstract: "Show a shard and every attempt at it.",
            discussion: """
                EXAMPLES
                  godwit shard show s1742
                  godwit shard show s1742 --json | jq '.attempts[-1].message'

                EXIT STATUS
                  0 shown · 64 there is no such shard · 69 the target can't be reached
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
                if self.output.json {
                    try JSONOutput.print(ShardDetail(shard: ShardRow(shard), attempts: attempts.map { .init($0) }))
                } else {
                    StandardOutput.write(Self.text(shard, attempts))
                }
            }
        }

        private static func text(_ shard: ShardRecord, _ attempts: [AttemptRecord]) -> String {
            let counters = shard.counters
            var lines = [
                "\(shard.id)  \(shard.entity)  \(shard.kind.rawValue)  keys \(shard.keysText)  \(shard.state.rawValue)",
                """
                \(Figures.count(counters.sourceRows)) source rows: \(Figures.count(counters.migrated)) migrated, \
                \(Figures.count(counters.rejected)) rejected, \(Figures.count(counters.filtered)) filtered \
                (\(Figures.count(shard.estimatedRows)) estimated)
                """,
            ]
            if !counters.adjusted.isEmpty {
                let kinds = counters.adjusted.sorted { $0.key < $1.key }.map { "\(Figures.count($0.value)) \($0.key)" }
                lines.append("adjusted: " + kinds.joined(separator: ", "))
            }
            if let worker = shard.worker { lines.append("last worker: \(worker)") }
            if shard.state == .leased, let until = shard.leaseUntil {
                lines.append("leased until \(Figures.time(until))")
            }
            if let time = shard.notBefore, shard.state == .pending { lines.append("not before \(Figures.time(time))") }
            if !shard.errorText.isEmpty { lines.append("last error: \(shard.errorText)") }
            if !attempts.isEmpty {
                var table = TextTable([
                    .right("attempt"), .left("started"), .right("took"), .left("outcome"), .left("worker"),
                    .left("error"),
                ])
                for attempt in attempts {
                    let took = attempt.endedAt.map { Figures.duration($0.timeIntervalSince(attempt.startedAt)) }
                    let error = [attempt.errorClass, attempt.sqlState, attempt.message].compactMap { $0 }
                    table.add([
                        "\(attempt.number)", Figures.time(attempt.startedAt), took ?? "", attempt.outcome ?? "running",
                        attempt.worker.rawValue,
                        error.joined(separator: " ").split(whereSeparator: \.isNewline).joined(separator: " "),
                    ])
                }
                lines += [""] + table.lines()
            }
            if let parent = shard.parent { lines += ["", "a half of \(parent), whose attempts were used up"] }
            if !shard.children.isEmpty {
                let halves = shard.children.map(\.description).joined(separator: " and ")
                lines += ["", "halved to find what fails: see \(halves)"]
            }
            if shard.state == .failed { lines += ["", "try again: godwit retry \(shard.id)"] }
            return lines.joined(separator: "\n") + "\n"
        }
    }
}

extension ShardID: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }
}
