import ArgumentParser
import ControlStore
import Scheduling

struct RejectsCountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "counts",
        abstract: "Count rejects by entity and reason.",
        discussion: """
            EXAMPLES
              godwit rejects counts
              godwit rejects counts 3 --json
              godwit rejects counts --column email --all

            EXIT STATUS
               0 counted, possibly none
              64 there is no such run or entity
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @OptionGroup var run: RunOptions
    @OptionGroup var filter: RejectFilterOptions

    @Flag(help: "Also rows that a replay has taken up since.")
    var all = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "rejects counts")
            let filter = try await self.filter.filter(store, run, includesResolved: self.all)
            let counts = try await store.rejectCounts(of: run.id, filter)
            if self.output.json {
                try JSONOutput.print(
                    counts.map { CountRow(entity: $0.entity.rawValue, reason: $0.reason, count: $0.count) }
                )
                return
            }
            guard !counts.isEmpty else {
                StandardOutput.write(try await self.filter.nothing(store, run, includesResolved: self.all) + "\n")
                return
            }
            var table = TextTable([.left("entity"), .left("reason"), .right("rejects")])
            for count in counts { table.add([count.entity.rawValue, count.reason, Figures.count(count.count)]) }
            table.add(["total", "", Figures.count(counts.reduce(0) { $0 + $1.count })])
            StandardOutput.write(table.lines().joined(separator: "\n") + "\n\ngodwit rejects ls lists them\n")
        }
    }

    private struct CountRow: Encodable {
        var entity: String
        var reason: String
        var count: Int
    }
}
