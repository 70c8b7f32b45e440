/// Puts every entity into a phase: the pinned ones where the plan says, the others where their references allow.
///
/// An entity's level is the length of the longest chain of references below it. An entity without a pin goes into the
/// earliest phase that has a pinned entity of its level, or into `phase-LEVEL` where there is none; but never before
/// the phase of a parent, and after that of a child only if a parent forces it there.
struct PhaseAssignment {
    private(set) var phases: [DependencyGraph.Phase] = []
    private(set) var findings: [Finding] = []
    private let plan: Plan
    private let order: [String]
    private let active: [Dependency]
    private let entities: [String: EntityPlan]

    init(plan: Plan, order: [String], active: [Dependency]) {
        self.plan = plan
        self.order = order
        self.active = active
        self.entities = Dictionary(plan.entities.map { ($0.name, $0) }) { first, _ in first }
    }

    /// The phases that the plan names: as listed, or by first appearance.
    static func pinnedPhases(of plan: Plan) -> [String] {
        var seen = Set(plan.phases)
        return plan.phases + plan.entities.compactMap(\.phase).filter { seen.insert($0).inserted }
    }

    mutating func run() {
        let levels = self.levels()
        let labels = self.labels(levels)
        let rank = Dictionary(labels.map(\.label).enumerated().map { ($1, $0) }) { first, _ in first }
        let parents = Dictionary(grouping: self.active, by: \.child)
        let children = Dictionary(grouping: self.active, by: \.parent)
        var upper: [String: Int] = [:]
        for name in self.order.reversed() {
            let bounds = (children[name] ?? []).compactMap { upper[$0.child] }
            upper[name] = self.entities[name]?.phase.flatMap { rank[$0] } ?? bounds.min()
        }
        var assigned: [String: Int] = [:]
        for name in self.order {
            let lower = (parents[name] ?? []).compactMap { assigned[$0.parent] }.max() ?? 0
            if let pin = self.entities[name]?.phase.flatMap({ rank[$0] }) {
                assigned[name] = pin
                self.checkPin(name, pin, parents[name] ?? [], assigned, labels.map(\.label))
            } else {
                let level = levels[name] ?? 1
                let own = labels.firstIndex { $0.levels.contains(level) } ?? 0
                assigned[name] = max(lower, min(own, upper[name] ?? own))
            }
        }
        for (index, label) in labels.enumerated() {
            let members = self.order.filter { assigned[$0] == index }
            if !members.isEmpty || self.plan.phases.contains(label.label) {
                self.phases.append(DependencyGraph.Phase(label: label.label, entities: members))
            }
        }
        self.checkUnused()
    }

    private func levels() -> [String: Int] {
        let parents = Dictionary(grouping: self.active, by: \.child)
        var levels: [String: Int] = [:]
        for name in self.order {
            levels[name] = 1 + ((parents[name] ?? []).compactMap { levels[$0.parent] }.max() ?? 0)
        }
        return levels
    }

    /// The pinned phases with the levels of their entities, and a derived phase for each level that has none, placed
    /// before the first phase whose entities are all above it.
    private func labels(_ levels: [String: Int]) -> [(label: String, levels: Set<Int>)] {
        var labels = Self.pinnedPhases(of: self.plan)
            .map { phase -> (label: String, levels: Set<Int>) in
                (phase, Set(self.plan.entities.filter { $0.phase == phase }.compactMap { levels[$0.name] }))
            }
        let pinned = labels.reduce(into: Set<Int>()) { $0.formUnion($1.levels) }
        let free = Set(self.plan.entities.filter { $0.phase == nil }.compactMap { levels[$0.name] }).subtracting(pinned)
        for level in free.sorted() {
            let later = labels.firstIndex { ($0.levels.min() ?? 0) > level }
            labels.insert(("phase-\(level)", [level]), at: later ?? labels.endIndex)
        }
        return labels
    }

    private mutating func checkPin(
        _ name: String,
        _ pin: Int,
        _ parents: [Dependency],
        _ assigned: [String: Int],
        _ labels: [String]
    ) {
        for edge in parents {
            guard let parent = assigned[edge.parent], parent > pin else { continue }
            let hint =
                edge.isDeferrable
                ? "move \(edge.parent) forward, \(name) back, or write `deferred: true` on \(edge.name)"
                : "move \(edge.parent) forward or \(name) back"
            self.findings.append(
                Finding(
                    .error,
                    "phase-order",
                    "\(name) is pinned to the phase `\(labels[pin])`, but \(edge.name) refers to \(edge.parent) in the later "
                        + "phase `\(labels[parent])`",
                    hint: hint,
                    at: edge.position
                )
            )
        }
    }

    private mutating func checkUnused() {
        for phase in self.phases where phase.entities.isEmpty {
            let message = "the phase `\(phase.label)` has no entities"
            self.findings.append(Finding(.warning, "unused-phase", message, at: self.plan.phasesPosition))
        }
    }
}
