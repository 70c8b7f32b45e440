import ArgumentParser
import ControlStore
import Foundation
import Scheduling

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Try failed shards again, and whatever waited for them.",
        discussion: """
            Makes the shards pending, all of them or none. A coordinator that is up goes on with them; otherwise one is \
            started here, with workers, as `migrate` does. Children that were rejected because their parents' shard had \
            failed are brought by themselves.

            EXAMPLES
              godwit retry s1742 s1743
              godwit retry --failed --workers 4
              godwit retry --entity orders --run 3 --no-run

            EXIT STATUS
              0 done, or nothing to retry · 1 refused: a shard that has not failed, a cancelled run
              2 finished, but with failed shards, too many rejects or two snapshots · 64 there is no such run, shard or entity
              69 a database can't be reached · 75 told to leave or paused; resume
            """
    )

    @Argument(help: ArgumentHelp("The shards' ids.", valueName: "id"))
    var shards: [ShardID] = []

    @Flag(help: "All failed shards of the run.")
    var failed = false

    @Option(help: ArgumentHelp("All failed shards of this entity.", valueName: "entity"))
    var entity: String?

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("The run: latest, its number, or the beginning of its id.", valueName: "run")
    )
    var selectedRun = "latest"

    @Flag(help: "Only make them pending; start nothing.")
    var noRun = false

    @OptionGroup var pool: PoolOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var databases: DatabaseOptions
    @OptionGroup var logs: LogOptions

    func validate() throws {
        let ways = [!self.shards.isEmpty, self.failed, self.entity != nil].count { $0 }
        guard ways == 1 else { throw ValidationError("give shard ids, --failed, or --entity") }
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let store = try await self.databases.controlStore(for: "retry")
            let run = try await store.run(matching: RunSelector(argument: self.selectedRun))
            let selection: RetrySelection =
                if let entity = try await store.entity(self.entity, of: run) {
                    .entity(entity)
                } else {
                    self.failed ? .failed : .shards(self.shards)
                }
            let shards = try await store.retry(selection, in: run.id)
            let isLed = try await store.isLed()
            let starts = !shards.isEmpty && !isLed && !self.noRun
            if !(starts && self.output.json) { try self.say(shards, run, isLed: isLed) }
            guard starts else { return }
            let pool = try RunPool(
                task: .run(run.id),
                options: self.pool,
                databases: self.databases,
                logs: self.logs,
                json: self.output.json
            )
            try await pool.run()
        }
    }

    private struct Answer: Encodable {
        var run: String
        var retried: [String]
        /// Whether a coordinator is up that goes on with them.
        var isLed: Bool
    }

    private func say(_ shards: [ShardID], _ run: RunRecord, isLed: Bool) throws {
        if self.output.json {
            try JSONOutput.print(
                Answer(run: run.id.description, retried: shards.map(\.description), isLed: isLed)
            )
            return
        }
        guard !shards.isEmpty else {
            StandardOutput.write("run #\(run.number) has no such failed shard: nothing to retry\n")
            return
        }
        let names = shards.prefix(10).map(\.description).joined(separator: " ") + (shards.count > 10 ? " …" : "")
        let next =
            if isLed, run.status == .running {
                "the coordinator goes on with them"
            } else if isLed, run.status == .paused {
                "the coordinator goes on with them after godwit resume \(run.number)"
            } else if isLed {
                "a coordinator is busy with another run; when it has left: godwit coordinator --run \(run.id), and workers"
            } else if self.noRun {
                "start godwit coordinator --run \(run.id), and workers"
            } else {
                "starting a coordinator and \(Figures.counted(self.pool.workers, "worker"))"
            }
        StandardOutput.write(
            "run #\(run.number): \(Figures.counted(shards.count, "shard")) to be retried (\(names)); \(next)\n"
        )
    }
}
