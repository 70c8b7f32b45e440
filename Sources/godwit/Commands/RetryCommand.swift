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
            failed are brought by themselves. A paused run stays so until `godwit resume`; only one that paused itself \
            after a failed shard goes on with the retry of failed shards.

            --plan takes a corrected plan, where that is the cause: a revision of the run, as `rejects replay --plan` \
            takes it. Whatever is still to do goes by it. It may change how values come about and which rows are \
            refused, not which rows there are, where they go, or their UUIDs.

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
              godwit retry --failed --plan plan.yaml
              godwit retry --entity orders --keys 1000-2000 --run 3
              godwit retry s1742 --force

            EXIT STATUS
               0 done, nothing to retry, or left to a coordinator or to resume
               1 refused: a shard that has not failed, a cancelled run, no key to merge
                 by
               2 finished, but with failed shards, too many rejects, two snapshots, or indexes still off
              64 there is no such run, shard or entity
              65 the corrected plan is invalid, or moves rows
              69 a database can't be reached
              75 told to leave or paused; resume
              77 the role of GODWIT_TARGET may not
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

    @OptionGroup var correctedPlan: CorrectedPlanOptions
    @OptionGroup var run: SelectedRunOptions
    @OptionGroup var work: WorkOptions
    @OptionGroup var output: OutputOptions

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
            let (store, run) = try await self.run.open(for: "retry")
            let selection = try await self.selection(store, run)
            let revision = try await self.correctedPlan.revision(of: run, for: "retry", self.run.databases, store)
            let shards = try await store.retry(
                selection,
                in: run.id,
                force: self.force,
                revision: revision,
                by: Machine.caller
            )
            let isLed = try await store.isLed()
            let isHeld = try await store.run(matching: .id(run.id)).isHeld
            // Its own pause after a failed shard has ended with the retry.
            let status = run.isHeld && !isHeld ? .running : run.status
            let handoff = Handoff(status, isHeld: isHeld, isLed: isLed, self.work, try await store.standing())
            let starts = !shards.isEmpty && handoff.isStart
            if !(starts && self.output.json) { try self.say(shards, run, revision, handoff, isLed: isLed) }
            guard starts else { return }
            try await self.work.work(on: run, databases: self.run.databases, json: self.output.json)
        }
    }

    private func selection(_ store: ControlStore, _ run: RunRecord) async throws -> RetrySelection {
        guard self.shards.isEmpty else { return .listed(self.shards) }
        return .matching(
            RetryFilter(
                entity: try await store.entity(self.entity, of: run),
                reason: self.reason,
                keys: self.keys?.keys
            )
        )
    }

    private struct Answer: Encodable {
        var run: String
        var retried: [String]
        var planRevision: Int
        /// Whether a coordinator is up that goes on with them.
        var isLed: Bool
    }

    /// Says what is retried, and what next; `run` is as it stood before.
    private func say(
        _ shards: [ShardID],
        _ run: RunRecord,
        _ revision: NewPlanRevision?,
        _ handoff: Handoff,
        isLed: Bool
    ) throws {
        if self.output.json {
            let answer = Answer(
                run: run.id.description,
                retried: shards.map(\.description),
                planRevision: revision?.number ?? run.planRevision,
                isLed: isLed
            )
            return try JSONOutput.print(answer)
        }
        if let revision { StandardOutput.write(revision.text + "\n") }
        guard !shards.isEmpty else {
            StandardOutput.write(
                """
                run #\(run.number) has no such \(self.force ? "failed or finished" : "failed") shard: nothing to retry \
                (pending ones are granted by themselves)\n
                """
            )
            return
        }
        let names = shards.prefix(10).map(\.description).joined(separator: " ") + (shards.count > 10 ? " …" : "")
        let next = handoff.text(of: run, "goes on with them")
        StandardOutput.write(
            "run #\(run.number): \(Figures.counted(shards.count, "shard")) to be retried (\(names)); \(next)\n"
        )
    }
}
