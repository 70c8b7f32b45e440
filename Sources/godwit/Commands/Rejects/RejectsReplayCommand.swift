import ArgumentParser
import Catalog
import ControlStore
import Foundation
import RowPipeline
import Scheduling

struct RejectsReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Migrate rejected rows that pass by now, after the source or the plan was corrected.",
        discussion: """
            Reads the rows under a new snapshot of the source, so the run is mixed from then on and ends with status 2. \
            Rows that pass are migrated; those that fail keep their reject, or get one that names the new reason; rows \
            that the source has no more are resolved as gone. Rejects of rows that refer to the chosen ones follow by \
            themselves. Doing it twice changes nothing.

            --plan takes a corrected plan: a revision of the run, recorded with it. It may change how values come about \
            and which rows are refused, not which rows there are, where they go, or their UUIDs. It is recorded even \
            where there is nothing to replay: whatever is still to do goes by it.

            With a coordinator up, the replay begins when the rest of its run is done; otherwise one is started here, \
            with workers, as `migrate` does. A paused run stays so until `godwit resume`.

            EXAMPLES
              godwit rejects replay 4711 4712
              godwit rejects replay --entity orders --reason unmapped_value --plan plan.yaml
              godwit rejects replay --all --workers 4

            EXIT STATUS
              0 nothing to replay, or left to a coordinator or to resume · 1 refused: a resolved reject, a cancelled run
              2 replayed; the run has read two snapshots · 64 there is no such run, entity or reject
              65 the corrected plan is invalid, or moves rows · 69 a database can't be reached · 75 told to leave or paused; resume
            """
    )

    @Argument(help: ArgumentHelp("The rejects' ids.", valueName: "id"))
    var rejects: [Int64] = []

    @Flag(help: "All open rejects of the run.")
    var all = false

    @OptionGroup var filter: RejectFilterOptions

    @Option(help: ArgumentHelp("The corrected plan.", valueName: "file"))
    var plan: String?

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("The run: latest, its number, or the beginning of its id.", valueName: "run")
    )
    var selectedRun = "latest"

    @Flag(help: "Only ask for it; start nothing.")
    var noRun = false

    @OptionGroup var pool: PoolOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var databases: DatabaseOptions
    @OptionGroup var logs: LogOptions

    func validate() throws {
        let ways = [!self.rejects.isEmpty, self.all, !self.filter.isEmpty].count { $0 }
        guard ways == 1 else {
            throw ValidationError(
                "give ids, or --all, or which rejects by --entity, --reason, --column, --shard, --key"
            )
        }
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let store = try await self.databases.controlStore(for: "rejects replay")
            let run = try await store.run(matching: RunSelector(argument: self.selectedRun))
            var filter = try await self.filter.filter(store, run, includesResolved: false)
            if !self.rejects.isEmpty { filter.identifiers = self.rejects }
            let revision: NewPlanRevision? =
                if let path = self.plan {
                    try await PlanRevising(databases: self.databases, store: store).revision(of: run, path: path)
                } else {
                    nil
                }
            let request = try await store.requestReplay(filter, revision: revision, in: run.id)
            let isLed = try await store.isLed()
            let isWork = !request.shards.isEmpty || !request.waiting.isEmpty
            let starts = isWork && !isLed && !self.noRun && !run.isHeld
            if !self.output.json {
                let left = try await Self.leftAlone(request, run, store)
                StandardOutput.write(
                    self.text(request, run, revision: revision, isLed: isLed, starts: starts) + left
                )
            }
            var failure: CommandFailure?
            if starts { failure = try await self.work(on: run) }
            let outcome = starts ? try await store.outcome(of: request.shards + request.waiting) : nil
            if self.output.json {
                try JSONOutput.print(Answer(request, run, isLed: isLed, outcome: outcome))
            } else if let outcome {
                StandardOutput.write(outcome.text + "\n")
            }
            if let failure { throw failure }
        }
    }

    /// A coordinator and workers until the run has ended.
    ///
    /// - Returns: What the coordinator's exit status says; nil for 0.
    private func work(on run: RunRecord) async throws -> CommandFailure? {
        var options = self.pool
        // The answer is one document.
        if self.output.json { options.progress = .off }
        let pool = try RunPool(
            task: .run(run.id),
            options: options,
            databases: self.databases,
            logs: self.logs,
            json: false
        )
        do {
            try await pool.run()
            return nil
        } catch let failure as CommandFailure {
            return failure
        }
    }

    private func text(
        _ request: ReplayRequest,
        _ run: RunRecord,
        revision: NewPlanRevision?,
        isLed: Bool,
        starts: Bool
    ) -> String {
        var lines: [String] = []
        if request.chosen == 0 {
            lines.append(
                "run #\(run.number) has no such open reject: nothing\(request.waiting.isEmpty ? "" : " new") to replay"
            )
        } else {
            let entities = request.entities.map { "\($0.entity) \(Figures.count($0.rejects))" }
            let followers =
                request.followers > 0
                ? ", \(Figures.count(request.followers)) of them because they refer to others" : ""
            let total = Figures.counted(request.chosen + request.followers, "reject")
            lines.append(
                "run #\(run.number): \(total) to be replayed (\(entities.joined(separator: ", ")))\(followers)"
            )
        }
        if !request.waiting.isEmpty {
            let verb = request.waiting.count == 1 ? "waits" : "wait"
            lines.append("\(Figures.counted(request.waiting.count, "shard")) of an earlier request \(verb)")
        }
        if let revision {
            let changes = revision.changes.isEmpty ? "" : " (\(revision.changes.joined(separator: ", ")))"
            lines.append(
                "the plan is revision \(request.revision) now\(changes); rows that are in the target keep what they have"
            )
        }
        guard !request.shards.isEmpty || !request.waiting.isEmpty else {
            return lines.map { $0 + "\n" }.joined()
        }
        let next =
            if starts {
                "starting a coordinator and \(Figures.counted(self.pool.workers, "worker"))"
            } else if isLed, request.status == .running {
                "the coordinator replays them when the rest of the run is done"
            } else if isLed, request.status == .paused {
                "the coordinator replays them after godwit resume \(run.number)"
            } else if isLed {
                "a coordinator is busy with another run; when it has left: godwit coordinator --run \(run.id), and workers"
            } else if run.isHeld {
                "the run is paused; godwit resume \(run.number) replays them"
            } else {
                "start godwit coordinator --run \(run.id), and workers"
            }
        return (lines + [next]).joined(separator: "\n") + "\n"
    }

    /// Columns of children that became NULL or a placeholder for want of a parent: no reject tells of those rows.
    private static func leftAlone(_ request: ReplayRequest, _ run: RunRecord, _ store: ControlStore) async throws
        -> String
    {
        let data = Data(try await store.currentPlan(run.id).resolved.utf8)
        let plan = try JSONDecoder().decode(ResolvedPlan.self, from: data)
        let replayed = Set(request.entities.map(\.entity.rawValue))
        var lines: [String] = []
        for adjustment in try await store.adjustments(of: run.id) {
            let parts = adjustment.name.split(separator: ":")
            guard parts.count == 2, ["null_orphan", "placeholder"].contains(parts[1]),
                let entity = plan.entity(named: adjustment.entity.rawValue),
                let output = entity.program.outputs.first(where: { $0.name == parts[0] }),
                case .reference(let reference) = output.operation,
                reference.alternatives.contains(where: { replayed.contains($0.entity) })
            else { continue }
            let became = parts[1] == "placeholder" ? "the placeholder" : "NULL"
            lines.append(
                """
                not touched: \(adjustment.entity).\(parts[0]) became \(became) in \(Figures.counted(adjustment.rows, "row")) \
                whose parent was missing; those whose parent comes now keep it
                """
            )
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private struct Answer: Encodable {
        var run: String
        var chosen: Int
        var followers: Int
        var shards: [String]
        var planRevision: Int
        var isLed: Bool
        var outcome: Outcome?

        init(_ request: ReplayRequest, _ run: RunRecord, isLed: Bool, outcome: ReplayOutcome?) {
            self.run = run.id.description
            self.chosen = request.chosen
            self.followers = request.followers
            self.shards = (request.shards + request.waiting).map(\.description)
            self.planRevision = request.revision
            self.isLed = isLed
            self.outcome = outcome.map(Outcome.init)
        }
    }

    private struct Outcome: Encodable {
        var migrated: Int
        var superseded: Int
        var unchanged: Int
        var gone: Int
        var filtered: Int
        var notReplayed: Int

        init(_ outcome: ReplayOutcome) {
            self.migrated = outcome.migrated
            self.superseded = outcome.superseded
            self.unchanged = outcome.unchanged
            self.gone = outcome.gone
            self.filtered = outcome.filtered
            self.notReplayed = outcome.notReplayed
        }
    }
}

extension ReplayOutcome {
    /// `replayed: 12 migrated, 3 rejected as before`.
    fileprivate var text: String {
        let parts = [
            (self.migrated, "migrated"), (self.unchanged, "rejected as before"),
            (self.superseded, "rejected for another reason"), (self.gone, "no longer in the source"),
            (self.filtered, "left out by the plan"), (self.notReplayed, "not replayed"),
        ]
        return "replayed: "
            + parts.filter { $0.0 > 0 || $0.1 == "migrated" }.map { "\(Figures.count($0.0)) \($0.1)" }
            .joined(separator: ", ")
    }
}
