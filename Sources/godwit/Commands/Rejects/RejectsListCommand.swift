import ArgumentParser
import ControlStore
import Foundation
import Scheduling

struct RejectsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List rejected rows with reason, column, detail and shard, and how many there are (the default).",
        discussion: """
            Open rejects only, unless --all is given. Source rows are left out: they hold personal data.

            EXAMPLES
              godwit rejects
              godwit rejects ls --entity orders --reason orphan --key 1000..1999
              godwit rejects ls --limit 0 --json --with-source-row | jq '.[].source_row'

            EXIT STATUS
               0 listed, possibly none
              64 there is no such run or entity
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @OptionGroup var run: RunOptions
    @OptionGroup var filter: RejectFilterOptions

    @Flag(name: [.customLong("all"), .customLong("resolved")], help: "Also rows that a replay has taken up since.")
    var all = false

    @Option(help: ArgumentHelp("At most so many rows; 0 for all.", valueName: "n"))
    var limit = 100

    @Flag(help: "In JSON also the stored source rows, personal columns included.")
    var withSourceRow = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard self.limit >= 0 else { throw ValidationError("--limit must not be negative") }
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "rejects ls")
            let filter = try await self.filter.filter(store, run, includesResolved: self.all)
            let wanted = self.limit == 0 ? Int.max : self.limit
            var rejects: [RejectRecord] = []
            let readsRows = self.withSourceRow && self.output.json
            try await store.eachPage(of: run.id, filter, readsRows: readsRows, atMost: wanted) { rejects += $0 }
            if self.output.json {
                try JSONOutput.print(rejects.map(RejectRow.init))
                return
            }
            guard !rejects.isEmpty else {
                StandardOutput.write(try await self.filter.nothing(store, run, includesResolved: self.all) + "\n")
                return
            }
            let counts = try await store.rejectCounts(of: run.id, filter)
            let lines = Self.table(rejects).lines(width: Terminal.output.tableWidth) + ["", Self.summary(counts)]
            StandardOutput.write(lines.joined(separator: "\n") + "\n")
            let total = counts.reduce(0) { $0 + $1.count }
            if rejects.count < total {
                StandardOutput.write("these are the first \(Figures.count(rejects.count)): --limit 0 lists all\n")
            }
            StandardOutput.write("godwit rejects show ID tells more; godwit rejects counts counts by entity\n")
        }
    }

    private static func table(_ rejects: [RejectRecord]) -> TextTable {
        var table = TextTable([
            .right("id"), .left("entity"), .right("key"), .left("reason"), .left("column"), .left("shard"),
            .left("detail"),
        ])
        for reject in rejects {
            let detail = (reject.detail ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
            let ending = reject.resolvedAt == nil ? "" : " (\(reject.resolution?.rawValue ?? "resolved"))"
            table.add([
                "\(reject.id)", reject.entity.rawValue, "\(reject.key)", reject.reason, reject.column ?? "",
                reject.shard.description, detail + ending,
            ])
        }
        return table
    }

    /// `1,240 rejects: orphan 1,200, duplicate 40`.
    private static func summary(_ counts: [RejectCount]) -> String {
        let total = counts.reduce(0) { $0 + $1.count }
        let reasons = Dictionary(grouping: counts, by: \.reason).mapValues { $0.reduce(0) { $0 + $1.count } }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key) \(Figures.count($0.value))" }
        return "\(Figures.counted(total, "reject")): \(reasons.joined(separator: ", "))"
    }
}

extension ControlStore {
    /// Hands over the rejects that a filter lets through, page by page, so that any number of them takes little memory.
    nonisolated func eachPage(
        of run: RunID,
        _ filter: RejectFilter,
        readsRows: Bool,
        atMost wanted: Int = .max,
        _ body: ([RejectRecord]) throws -> Void
    ) async throws {
        var filter = filter
        var rest = wanted
        // Rows with their sources may have megabytes each.
        let page = readsRows ? 500 : 5000
        while rest > 0 {
            let limit = min(page, rest)
            let rejects = try await self.rejects(of: run, filter, readsRows: readsRows, limit: limit)
            try body(rejects)
            guard rejects.count == limit, let last = rejects.last else { return }
            filter.after = last.id
            rest -= limit
        }
    }
}
