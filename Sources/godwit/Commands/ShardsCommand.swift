import ArgumentParser
import ControlStore
import Scheduling

struct ShardsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shards",
        abstract: "List the shards of a run.",
        discussion: """
            EXAMPLES
              godwit shards
              godwit shards --failed
              godwit shards 3 --entity orders --state pending
              godwit shards --reason orphan           # shards with such rejects; also error classes and SQLSTATEs

            EXIT STATUS
               0 listed, possibly none
              64 there is no such run or entity
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @OptionGroup var run: RunOptions

    @Flag(help: "Only failed shards; short for --state failed.")
    var failed = false

    @Option(
        help: ArgumentHelp("Only shards in this state: pending, leased, done, failed or split.", valueName: "state")
    )
    var state: ShardState?

    @Option(help: ArgumentHelp("Only shards of this entity.", valueName: "entity"))
    var entity: String?

    @Option(
        help: ArgumentHelp(
            "Only shards that last failed with this error class or SQLSTATE, or hold rejects of this reason.",
            valueName: "reason"
        )
    )
    var reason: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if self.failed, let state = self.state, state != .failed {
            throw ValidationError("--failed and --state \(state.rawValue) contradict each other")
        }
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "shards")
            let entity = try await store.entity(self.entity, of: run)
            let filter = ShardFilter(state: self.failed ? .failed : self.state, entity: entity, reason: self.reason)
            let shards = try await store.allShards(of: run.id, filter)
            if self.output.json {
                try JSONOutput.print(shards.map(ShardRow.init))
                return
            }
            guard !shards.isEmpty else {
                let isFiltered = filter.state != nil || entity != nil || self.reason != nil
                StandardOutput.write("run #\(run.number) has no \(isFiltered ? "such " : "")shards\n")
                return
            }
            let lines = ShardList(shards: shards).lines(width: Terminal.output.tableWidth)
            StandardOutput.write(lines.joined(separator: "\n") + "\n")
        }
    }
}

extension ShardState: ExpressibleByArgument {}

extension ControlStore {
    /// So many shards are read at once.
    private static let page = 5000

    /// All shards that a filter lets through.
    func allShards(of run: RunID, _ filter: ShardFilter) throws -> [ShardRecord] {
        var filter = filter
        var shards: [ShardRecord] = []
        while true {
            let page = try self.shards(of: run, filter, limit: Self.page)
            shards += page
            guard page.count == Self.page, let last = page.last else { return shards }
            filter.after = last.id
        }
    }

    /// An entity named on the command line; nil stays nil.
    ///
    /// - Throws: `notFound`, with the names there are.
    func entity(_ name: String?, of run: RunRecord) throws -> EntityName? {
        guard let name else { return nil }
        let known = try self.entities(of: run.id).map(\.name.rawValue)
        guard known.contains(name) else {
            throw ControlStoreError(
                .notFound,
                "run #\(run.number) has no entity \(name); it has \(known.joined(separator: ", "))"
            )
        }
        return EntityName(rawValue: name)
    }
}
