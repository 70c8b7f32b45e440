import ArgumentParser
import ControlStore
import Foundation
import Scheduling

struct RejectsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rejects",
        abstract: "Count or list the source rows that were not migrated, and why.",
        subcommands: [Counts.self, List.self],
        defaultSubcommand: Counts.self
    )

    struct Counts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "counts",
            abstract: "Count unresolved rejects by entity and reason (the default).",
            discussion: """
                EXAMPLES
                  godwit rejects
                  godwit rejects counts 3 --json

                EXIT STATUS
                  0 counted, possibly none · 64 there is no such run · 69 the target can't be reached
                """
        )

        @OptionGroup var run: RunOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let (store, run) = try await self.run.open(for: "rejects")
                let counts = try await store.rejectCounts(of: run.id)
                if self.output.json {
                    try JSONOutput.print(
                        counts.map { CountRow(entity: $0.entity.rawValue, reason: $0.reason, count: $0.count) }
                    )
                    return
                }
                guard !counts.isEmpty else {
                    StandardOutput.write("run #\(run.number) has no rejects\n")
                    return
                }
                var table = TextTable([.left("entity"), .left("reason"), .right("rejects")])
                for count in counts { table.add([count.entity.rawValue, count.reason, Figures.count(count.count)]) }
                table.add(["total", "", Figures.count(counts.reduce(0) { $0 + $1.count })])
                StandardOutput.write(table.lines().joined(separator: "\n") + "\n\ngodwit rejects ls lists them\n")
            }
        }
    }

    struct CountRow: Encodable {
        var entity: String
        var reason: String
        var count: Int
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls",
            abstract: "List rejected rows with column, detail and shard; in JSON also the source row.",
            discussion: """
                EXAMPLES
                  godwit rejects ls --entity orders --reason orphan
                  godwit rejects ls --limit 0 --json | jq '.[].source_row'

                EXIT STATUS
                  0 listed, possibly none · 64 there is no such run or entity · 69 the target can't be reached
                """
        )

        @OptionGroup var run: RunOptions

        @Option(help: ArgumentHelp("Only rows of this entity.", valueName: "entity"))
        var entity: String?

        @Option(help: ArgumentHelp("Only rows rejected for this reason.", valueName: "reason"))
        var reason: String?

        @Flag(help: "Also rows that a replay has migrated since.")
        var resolved = false

        @Option(help: ArgumentHelp("At most so many rows; 0 for all.", valueName: "n"))
        var limit = 100

        @OptionGroup var output: OutputOptions

        /// So many rejects are read at once.
        private static let page = 5000

        func validate() throws {
            guard self.limit >= 0 else { throw ValidationError("--limit must not be negative") }
        }

        func run() async throws {
            try await CommandFailure.reporting {
                let (store, run) = try await self.run.open(for: "rejects ls")
                let entity = try await store.entity(self.entity, of: run)
                let filter = RejectFilter(entity: entity, reason: self.reason, includesResolved: self.resolved)
                let wanted = self.limit == 0 ? Int.max : self.limit
                let rejects = try await Self.read(store, run.id, filter, wanted)
                if self.output.json {
                    try JSONOutput.print(rejects.map(RejectRow.init))
                    return
                }
                guard !rejects.isEmpty else {
                    StandardOutput.write("run #\(run.number) has no such rejects\n")
                    return
                }
                var table = TextTable([
                    .left("entity"), .right("key"), .left("reason"), .left("column"), .left("shard"), .left("detail"),
                ])
                for reject in rejects {
                    let detail = (reject.detail ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
                    table.add([
                        reject.entity.rawValue, "\(reject.key)", reject.reason, reject.column ?? "",
                        reject.shard.description, detail + (reject.resolvedAt == nil ? "" : " (resolved)"),
                    ])
                }
                StandardOutput.write(table.lines(width: Terminal.output.tableWidth).joined(separator: "\n") + "\n")
                if rejects.count == wanted { StandardOutput.write("\nthere may be more: --limit 0 lists all\n") }
            }
        }

        private static func read(
            _ store: ControlStore,
            _ run: RunID,
            _ filter: RejectFilter,
            _ wanted: Int
        ) async throws -> [RejectRecord] {
            var filter = filter
            var rejects: [RejectRecord] = []
            while rejects.count < wanted {
                let limit = min(Self.page, wanted - rejects.count)
                let page = try await store.rejects(of: run, filter, limit: limit)
                rejects += page
                guard page.count == limit, let last = page.last else { break }
                filter.after = last.id
            }
            return rejects
        }
    }
}

/// A rejected row in `--json`.
struct RejectRow: Encodable {
    var id: Int64
    var entity: String
    var key: Int64
    var reason: String
    var column: String?
    var detail: String?
    var shard: String
    var sourceRow: JSONValue?
    var createdAt: Date
    var resolvedAt: Date?

    init(_ reject: RejectRecord) {
        self.id = reject.id
        self.entity = reject.entity.rawValue
        self.key = reject.key
        self.reason = reject.reason
        self.column = reject.column
        self.detail = reject.detail
        self.shard = reject.shard.description
        self.sourceRow = reject.sourceRow.map(JSONValue.init(text:))
        self.createdAt = reject.createdAt
        self.resolvedAt = reject.resolvedAt
    }
}
