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
               0 nothing to replay, or left to a coordinator or to resume
               1 refused: a resolved reject, a cancelled run
               2 replayed; the run has read two snapshots
              64 there is no such run, entity or reject
              65 the corrected plan is invalid, or moves rows
              69 a database can't be reached
              75 told to leave or paused; resume
              77 the role of GODWIT_TARGET may not
            """
    )

    @Argument(help: ArgumentHelp("The rejects' ids.", valueName: "id"))
    var rejects: [Int64] = []

    @Flag(help: "All open rejects of the run.")
    var all = false

    @OptionGroup var filter: RejectFilterOptions

    @OptionGroup var correctedPlan: CorrectedPlanOptions
    @OptionGroup var run: SelectedRunOptions
    @OptionGroup var work: WorkOptions
    @OptionGroup var output: OutputOptions

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
            let (store, run) = try await self.run.open(for: "rejects replay")
            var filter = try await self.filter.filter(store, run, includesResolved: false)
            if !self.rejects.isEmpty { filter.identifiers = self.rejects }
            let revision = try await self.correctedPlan
                .revision(of: run, for: "rejects replay", self.run.databases, store)
            let request = try await store.requestReplay(filter, revision: revision, in: run.id)
            let isLed = try await store.isLed()
            let standing = try await store.standing()
            let handoff = Handoff(request.status, isHeld: run.isHeld, isLed: isLed, self.work, standing)
            let starts = request.isWork && handoff.isStart
            if !self.output.json {
                let left = try await Self.leftAlone(request, run, store)
                StandardOutput.write(Self.text(request, run, revision, handoff) + left)
            }
            var failure: CommandFailure?
            if starts { failure = try await self.replay(run) }
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
    private func replay(_ run: RunRecord) async throws -> CommandFailure? {
        var work = self.work
        // The answer is one document.
        if self.output.json { work.pool.progress = .off }
        do {
            try await work.work(on: run, databases: self.run.databases, json: false)
            return nil
        } catch let failure as CommandFailure {
            return failure
        }
    }

    private static func text(
        _ request: ReplayRequest,
        _ run: RunRecord,
        _ revision: NewPlanRevision?,
        _ handoff: Handoff
    ) -> String {
        var lines = [request.text(of: run)]
        if !request.waiting.isEmpty {
            let verb = request.waiting.count == 1 ? "waits" : "wait"
            lines.append("\(Figures.counted(request.waiting.count, "shard")) of an earlier request \(verb)")
        }
        if let revision { lines.append(revision.text) }
        if request.isWork {
            lines.append(handoff.text(of: run, "replays them", when: " when the rest of the run is done"))
        }
        return lines.map { $0 + "\n" }.joined()
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

extension ReplayRequest {
    /// Whether there is anything to replay, of this request or an earlier one.
    fileprivate var isWork: Bool { !self.shards.isEmpty || !self.waiting.isEmpty }

    /// `run #3: 12 rejects to be replayed (orders 12)`.
    fileprivate func text(of run: RunRecord) -> String {
        guard self.chosen > 0 else {
            return "run #\(run.number) has no such open reject: nothing\(self.waiting.isEmpty ? "" : " new") to replay"
        }
        let entities = self.entities.map { "\($0.entity) \(Figures.count($0.rejects))" }
        let followers =
            self.followers > 0 ? ", \(Figures.count(self.followers)) of them because they refer to others" : ""
        let total = Figures.counted(self.chosen + self.followers, "reject")
        return "run #\(run.number): \(total) to be replayed (\(entities.joined(separator: ", ")))\(followers)"
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
