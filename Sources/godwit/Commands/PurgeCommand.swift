import ArgumentParser
import ControlStore
import Foundation
import Glibc
import Scheduling

struct PurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Remove the source rows that rejects have stored; keys, reasons and counts stay.",
        discussion: """
            They are in the target's table godwit.rejects, personal columns included. Their rows can still be replayed: \
            a replay reads the source. What is removed is vacuumed away, but PostgreSQL overwrites the bytes in its \
            files only when it needs their room, and backups have them too.

            EXAMPLES
              godwit purge --dry-run
              godwit purge --run 3 --yes
              godwit purge --older-than 30d --yes

            EXIT STATUS
               0 removed, or nothing to remove
               1 not confirmed, or some are left, because a replay is at work on them
              64 there is no such run, or --yes is missing where nobody can be asked
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("Only of this run: latest, its number, or the beginning of its id.", valueName: "run")
    )
    var selectedRun: String?

    @Flag(help: "The source rows of rejects; they are all there is to purge so far, so this is the default.")
    var rejects = false

    @Option(help: ArgumentHelp("Only of rejects recorded longer ago: 90m, 12h, 30d.", valueName: "duration"))
    var olderThan: Age?

    @Flag(help: "Only say what would be removed.")
    var dryRun = false

    @Flag(help: "Don't ask.")
    var yes = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var databases: DatabaseOptions

    func run() async throws {
        try await CommandFailure.reporting {
            let store = try await self.databases.controlStore(for: "purge")
            var run: RunID?
            if let selected = self.selectedRun {
                run = try await store.run(matching: RunSelector(argument: selected)).id
            }
            let found = try await store.purgeable(run: run, olderThan: self.olderThan?.duration)
            guard !self.dryRun, !found.isEmpty else { return try self.answer(found, removed: 0) }
            if !self.yes { try self.ask(found) }
            var removed = 0
            // Run by run, so that each run's events tell of its own.
            for count in found {
                let rows = try await self.purge(count.run, store)
                if count.number != nil { try await store.notePurge(of: count.run, rows: rows) }
                removed += rows
            }
            await self.vacuum(store)
            let runs = Set(found.map(\.run))
            let left = try await store.purgeable(run: run, olderThan: self.olderThan?.duration)
                .filter { runs.contains($0.run) }
            try self.answer(found, removed: removed, left: left.reduce(0) { $0 + $1.rows })
            guard left.isEmpty else {
                throw CommandFailure(
                    .failed,
                    """
                    \(Self.text(left)) left: a replay is at work on them, or they were recorded meanwhile; \
                    call godwit purge again
                    """
                )
            }
        }
    }

    private func purge(_ run: RunID, _ store: ControlStore) async throws -> Int {
        var removed = 0
        while true {
            let rows = try await store.purgeBatch(run: run, olderThan: self.olderThan?.duration)
            if rows == 0 { return removed }
            removed += rows
        }
    }

    private func vacuum(_ store: ControlStore) async {
        do {
            try await store.vacuumRejects()
        } catch {
            // Whoever may update the table need not own it; the server's own vacuum comes later.
            FileHandle.standardError.write(Data("godwit: \(error); autovacuum will do it\n".utf8))
        }
    }

    private func ask(_ found: [PurgeCount]) throws {
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandFailure(.usage, "\(Self.text(found)) would be removed for good: confirm with --yes")
        }
        StandardOutput.write("Remove \(Self.text(found)) for good? [y/N] ")
        guard let answer = readLine()?.lowercased(), answer == "y" || answer == "yes" else {
            throw CommandFailure(.failed, "nothing was removed")
        }
    }

    private func answer(_ found: [PurgeCount], removed: Int, left: Int = 0) throws {
        if self.output.json {
            try JSONOutput.print(Answer(found: found, removed: removed, left: left, isDryRun: self.dryRun))
        } else if found.isEmpty {
            StandardOutput.write("no stored source rows: nothing to remove\n")
        } else if self.dryRun {
            StandardOutput.write("\(Self.text(found)) would be removed\n")
        } else {
            StandardOutput.write(
                "\(Figures.counted(removed, "stored source row")) removed; keys and reasons are kept\n"
            )
        }
    }

    private static func text(_ found: [PurgeCount]) -> String {
        let rows = found.reduce(0) { $0 + $1.rows }
        let bytes = found.reduce(0) { $0 + $1.bytes }
        let runs = found.map { $0.number.map { "#\($0)" } ?? "a run that is gone" }
        return "\(Figures.counted(rows, "stored source row")) (\(Figures.bytes(Int64(bytes)))) of run "
            + runs.joined(separator: ", ")
    }

    private struct Answer: Encodable {
        var found: [Count]
        var removed: Int
        /// Stored after the removal; what a dry run finds is not among them.
        var left: Int
        var isDryRun: Bool

        init(found: [PurgeCount], removed: Int, left: Int, isDryRun: Bool) {
            self.found = found.map { Count(run: $0.run.description, rows: $0.rows, bytes: $0.bytes) }
            self.removed = removed
            self.left = left
            self.isDryRun = isDryRun
        }
    }

    private struct Count: Encodable {
        var run: String
        var rows: Int
        var bytes: Int
    }
}
