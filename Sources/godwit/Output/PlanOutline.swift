import Catalog
import MigrationPlan
import Preflight
import Scheduling

/// What `godwit plan` prints.
struct PlanOutline: Encodable {
    var name: String
    var hash: String
    var phases: [PhaseRow]
    /// What the databases could not tell, nil where they told everything.
    var missing: String?

    struct PhaseRow: Encodable {
        var phase: String
        var entities: [EntityRow]
    }

    struct EntityRow: Encodable {
        var entity: String
        var from: String
        var to: String
        var dependsOn: [String]
        /// Columns that stay NULL until a second pass.
        var secondPass: [String]
        var complexity: Int
        var complexityTerms: [String: Int]
        /// Nil where the databases could not tell.
        var rows: Int64?
        var bytes: Int64?
        var seconds: Double?
        var shards: Int?
        /// What is dropped for the load and rebuilt after it, such as `index orders_patient_id_idx`.
        var rebuilt: [String]?
        /// What stays in place during the load although some is dropped, or could have been.
        var kept: [KeptObject]?
    }

    init(_ plan: Plan, _ graph: DependencyGraph, _ examined: ExaminedPlan) {
        self.name = plan.name
        self.hash = plan.hash
        let scores = Dictionary(Complexity.scores(of: plan, graph).map { ($0.entity, $0) }) { first, _ in first }
        let entities = Dictionary(examined.entities.map { ($0.name, $0) }) { first, _ in first }
        self.phases = graph.phases.map { phase in
            PhaseRow(
                phase: phase.label,
                entities: phase.entities.compactMap { plan.entity(named: $0) }
                    .map { entity in
                        EntityRow(entity, plan, graph, scores[entity.name], entities[entity.name])
                    }
            )
        }
        let unreached = examined.databases.compactMap { database in database.error.map { "\(database.side): \($0)" } }
        if !unreached.isEmpty {
            self.missing = unreached.joined(separator: "\n")
        } else if examined.status == .invalidPlan {
            self.missing = examined.report.text
        }
    }

    /// For people.
    var text: String {
        var table = TextTable([
            .left("entity"), .left("from → to"), .right("rows"), .right("bytes"), .right("one slot"), .right("shards"),
            .right("complexity"), .left("waits for"),
        ])
        var ends: [Int] = []
        var count = 0
        for phase in self.phases {
            for entity in phase.entities {
                table.add(entity.cells)
                count += 1
            }
            ends.append(count)
        }
        let lines = table.lines()
        var text = ["plan \(self.name) (\(self.hash.prefix(12)))", "", "  " + lines[0]]
        var start = 0
        for (phase, end) in zip(self.phases, ends) {
            text.append(phase.phase)
            text += lines[(start + 1)..<(end + 1)].map { "  " + $0 }
            start = end
        }
        let deferred = self.phases.flatMap(\.entities)
            .flatMap { entity in entity.secondPass.map { "\(entity.entity).\($0)" } }
        text.append("")
        if !deferred.isEmpty { text.append("filled in a second pass: " + deferred.joined(separator: ", ")) }
        text += self.rebuilding
        text.append(self.totals)
        if let missing = self.missing { text += ["", "without estimates, because", missing] }
        return text.joined(separator: "\n") + "\n"
    }

    /// What happens to indexes and foreign keys, entity by entity.
    private var rebuilding: [String] {
        let entities = self.phases.flatMap(\.entities)
        var lines: [String] = []
        for (title, text) in [
            (
                "dropped for the load and rebuilt after it:",
                { (row: EntityRow) in row.rebuilt?.joined(separator: ", ") ?? "" }
            ),
            ("in place during the load:", { (row: EntityRow) in KeptObject.text(row.kept ?? []) }),
        ] {
            let rows = entities.map { ($0.entity, text($0)) }.filter { !$0.1.isEmpty }
            if !rows.isEmpty { lines += [title] + rows.map { "  \($0.0): \($0.1)" } }
        }
        return lines
    }

    private var totals: String {
        let entities = self.phases.flatMap(\.entities)
        let names =
            "\(entities.count) \(entities.count == 1 ? "entity" : "entities") in \(Figures.counted(self.phases.count, "phase"))"
        let estimated = entities.compactMap(\.shards)
        guard !estimated.isEmpty else { return names }
        let rows = Figures.count(entities.compactMap(\.rows).reduce(0, +))
        let bytes = Figures.bytes(entities.compactMap(\.bytes).reduce(0, +))
        let seconds = Figures.duration(entities.compactMap(\.seconds).reduce(0, +))
        return
            "\(names), \(rows) rows, \(bytes), \(Figures.counted(estimated.reduce(0, +), "shard")), about \(seconds) for one slot"
    }
}

extension PlanOutline.EntityRow {
    init(
        _ entity: EntityPlan,
        _ plan: Plan,
        _ graph: DependencyGraph,
        _ complexity: Complexity?,
        _ resolved: ResolvedEntity?
    ) {
        self.entity = entity.name
        self.from = entity.from
        self.to = entity.to
        self.dependsOn = graph.dependencies(of: entity.name)
        self.secondPass = graph.edges.filter { $0.isDeferred && $0.child == entity.name }.compactMap(\.column).uniqued()
        self.complexity = complexity?.score ?? 0
        self.complexityTerms = Dictionary((complexity?.terms ?? []).map { ($0.factor.rawValue, $0.count) }) { $0 + $1 }
        guard let resolved else { return }
        let estimate = EntityEstimate(resolved)
        let ranges = ShardPlanner(rowsPerShard: plan.run.shardRows).ranges(of: resolved.statistics)
        self.rebuilt = resolved.deferredObjects?.map { "\($0.kind.rawValue) \($0.name)" }
        self.kept = resolved.keptObjects
        self.rows = estimate.rows
        self.bytes = estimate.bytes
        self.seconds = estimate.seconds
        self.shards = ranges.count * (resolved.fill == nil ? 1 : 2)
    }

    var cells: [String] {
        [
            self.entity, "\(self.from) → \(self.to)", self.rows.map { Figures.count($0) } ?? "–",
            self.bytes.map { Figures.bytes($0) } ?? "–", self.seconds.map { Figures.duration($0) } ?? "–",
            self.shards.map { Figures.count($0) } ?? "–", "\(self.complexity)", self.dependsOn.joined(separator: ", "),
        ]
    }
}

extension Array where Element: Hashable {
    /// Each element once, where it comes first.
    func uniqued() -> Self {
        var seen: Set<Element> = []
        return self.filter { seen.insert($0).inserted }
    }
}
