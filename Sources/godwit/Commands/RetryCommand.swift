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
            failed are brought by themselves. A paused run stays so until `godwit resume`; only one that paused itself after a failed shard goes \
            on with the retry of failed shards.

            s120-s140 means the failed shards from s120 to s140; both must be there. --entity, --reason and --keys narrow \
            the failed shards down together.

            --force takes finished shards too. Their rows are merged: what is missing in the target is inserted, what \
            differs is updated, nothing is deleted or doubled, and rows of others are left alone. That needs a unique key: \
            the legacy column, or a UUID that is computed.

            EXAMPLES
              godwit retry s1742 s1743
              godwit retry s120-s140 --no-run
              godwit retry --failed --workers 4
              godwit retry --failed --reason 57014
              godwit retry --entity orders --keys 1000-2000 --run 3
              godwit retry s1742 --force

            EXIT STATUS
              0 done, nothing to retry, or left to a coordinator or to resume · 1 refused: a shard that has not failed, a cancelled run, no key to merge by
              2 finished, but with failed shards, too many rejects or two snapshots · 64 there is no such run, shard or entity
              69 a database can't be reached · 75 told to leave or paused; resume
            """
    )

    @Argument(help: ArgumentHelp("The shards' ids, or ranges of them: s12 s120-s140.", valueName: "id"))
    var shards: [ShardSpan] = []

    @Flag(help: "All failed shards of the run.")
    var failed = false

    @Option(help: ArgumentHelp("All failed shards of this entity.", valueName: "entity"))
    var entity: String?

    @Option(
        help: ArgumentHelp(
            "Failed shards of this error class or SQLSTATE, or with rejects of this reason.",
            valueName: "reason"
        )
    )
    var reason: String?

    @Option(help: ArgumentHelp("Failed shards that touch these source keys of --entity: 1000-2000.", valueName: "keys"))
    var keys: KeySpan?

    @Flag(help: "Finished shards too: merge their rows once more.")
    var force = false

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
        let filters = self.failed || self.entity != nil || self.reason != nil || self.keys != nil
        guard filters != !self.shards.isEmpty else {
            throw ValidationError("give either shard ids, or --failed, --entity, --reason and --keys")
        }
        guard self.keys == nil || self.entity != nil else { throw ValidationError("--keys needs --entity") }
        guard !self.force || !self.failed else {
            throw ValidationError("--force is for finished shards: name them, or give --entity without --failed")
        }
        guard !self.force || self.entity != nil || !self.shards.isEmpty else {
            throw ValidationError("--force needs shard ids or --entity")
        }
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let store = try await self.databases.controlStore(for: "retry")
            let run = try await store.run(matching: RunSelector(argument: self.selectedRun))
            let selection: RetrySelection =
                self.shards.isEmpty
                ? .matching(
                    RetryFilter(
                        entity: try await store.entity(self.entity, of: run),
                        reason: self.reason,
                        keys: self.keys?.keys
                    )
                )
                : .listed(self.shards)
            let shards = try await store.retry(selection, in: run.id, force: self.force, by: Machine.caller)
            let isLed = try await store.isLed()
            let isHeld = try await store.run(matching: .id(run.id)).isHeld
            let starts = !shards.isEmpty && !isLed && !self.noRun && !isHeld
            if !(starts && self.output.json) { try self.say(shards, run, isLed: isLed, isHeld: isHeld) }
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

    /// Says what is retried, and what next; `run` is as it stood before.
    private func say(_ shards: [ShardID], _ run: RunRecord, isLed: Bool, isHeld: Bool) throws {
        if self.output.json {
            try JSONOutput.print(
                Answer(run: run.id.description, retried: shards.map(\.description), isLed: isLed)
            )
            return
        }
        guard !shards.isEmpty else {
            StandardOutput.write(
                "run #\(run.number) has no such \(self.force ? "failed or finished" : "failed") shard: nothing to retry\n"
            )
            return
        }
        let names = shards.prefix(10).map(\.description).joined(separator: " ") + (shards.count > 10 ? " …" : "")
        let next =
            if isLed, run.status == .running || run.isHeld && !isHeld {
                "the coordinator goes on with them"
            } else if isLed, run.status == .paused {
                "the coordinator goes on with them after godwit resume \(run.number)"
            } else if isLed {
                "a coordinator is busy with another run; when it has left: godwit coordinator --run \(run.id), and workers"
            } else if isHeld {
                "the run is paused; godwit resume \(run.number) goes on with them"
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
