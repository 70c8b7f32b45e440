/// Finds the cycles of a plan's references and breaks them by deferring as few columns as it can.
struct CycleBreaker {
    /// The references, those deferred marked.
    private(set) var edges: [Dependency]
    /// Edges of cycles that can't be broken; the order leaves them out.
    private(set) var refused: Set<Int> = []
    private(set) var findings: [Finding] = []
    private let rank: [String: Int]
    private let pins: [String: Int]

    /// References looked at in search of the smallest set, before a merely irreducible one is taken.
    ///
    /// Enough for every pair among 60 columns of one cycle. A ring of 2,000 nullable references took 5 s in a debug build.
    private static let work = 500_000

    init(plan: Plan, edges: [Dependency]) {
        self.edges = edges
        self.rank = Dictionary(plan.entities.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let phases = PhaseAssignment.pinnedPhases(of: plan)
        self.pins = Dictionary(
            plan.entities.compactMap { entity in
                entity.phase.flatMap(phases.firstIndex).map { (entity.name, $0) }
            }
        ) { first, _ in first }
    }

    mutating func run() {
        self.settleOwnTable()
        for component in self.components(self.active) {
            self.settle(component)
        }
    }

    private var active: [Int] {
        self.edges.indices.filter { !self.edges[$0].isDeferred && !self.refused.contains($0) }
    }

    private mutating func settleOwnTable() {
        for index in self.active where self.edges[index].child == self.edges[index].parent {
            let edge = self.edges[index]
            if edge.isDeferrable {
                self.deferColumn(edge.name, because: "it refers to its own table")
            } else if edge.kind == .sameAs {
                self.refuse([index])
            } else {
                self.refused.insert(index)
                let hint =
                    edge.kind == .reference
                    ? "write `on_orphan: null`, and it is filled in a second pass"
                    : "ids inside JSON can't be filled in later; write them by `uuid:` or SQL"
                let message = "\(edge.name) refers to its own table, whose rows are not complete while it is loaded"
                self.findings.append(Finding(.error, "cycle", message, hint: hint, at: edge.position))
            }
        }
    }

    /// Breaks every cycle of a strongly connected set of edges, or refuses those that can't be broken.
    private mutating func settle(_ component: [Int]) {
        let firm = component.filter { !self.edges[$0].isDeferrable }
        let stuck = self.components(firm)
        guard stuck.isEmpty else {
            for cycle in stuck { self.refuse(self.shortestCycle(cycle)) }
            self.refused.formUnion(component)
            return
        }
        let candidates = self.candidates(component)
        let contradicting = candidates.filter { self.contradictsPins($0, component) }
        var chosen = Set(contradicting)
        let rest = candidates.filter { !chosen.contains($0) }
        chosen.formUnion(self.smallestSet(of: rest, breaking: component, with: chosen))
        for name in candidates where chosen.contains(name) {
            let others = component.filter { self.edges[$0].name == name || !chosen.contains(self.edges[$0].name) }
            let closing = others.first { self.edges[$0].name == name && self.path(from: $0, others) != nil }
            let path = closing.flatMap { self.path(from: $0, others) }.map(self.describe) ?? name
            self.deferColumn(name, because: "it closes the cycle \(path)")
        }
    }

    /// The columns that may be deferred, those that go against the order of the file first.
    private func candidates(_ component: [Int]) -> [String] {
        let deferrable = component.filter { self.edges[$0].isDeferrable }
        let backward = deferrable.filter {
            self.rank[self.edges[$0].parent] ?? 0 > self.rank[self.edges[$0].child] ?? 0
        }
        var seen: Set<String> = []
        return (backward + deferrable).map { self.edges[$0].name }.filter { seen.insert($0).inserted }
    }

    private func contradictsPins(_ name: String, _ component: [Int]) -> Bool {
        component.contains { index in
            let edge = self.edges[index]
            guard edge.name == name, let child = self.pins[edge.child], let parent = self.pins[edge.parent] else {
                return false
            }
            return parent > child
        }
    }

    private func smallestSet(of candidates: [String], breaking component: [Int], with chosen: Set<String>) -> Set<
        String
    > {
        func breaks(_ set: Set<String>) -> Bool {
            self.components(
                component.filter { !set.contains(self.edges[$0].name) && !chosen.contains(self.edges[$0].name) }
            )
            .isEmpty
        }
        let bound = max(1, Self.work / max(1, component.count))
        var tries = 0
        func search(size: Int, from start: Int, _ set: Set<String>) -> Set<String>? {
            tries += 1
            if size == 0 { return breaks(set) ? set : nil }
            guard candidates.count - start >= size else { return nil }
            for index in start...(candidates.count - size) where tries < bound {
                if let found = search(size: size - 1, from: index + 1, set.union([candidates[index]])) { return found }
            }
            return nil
        }
        for size in 0...candidates.count where tries < bound {
            if let found = search(size: size, from: 0, []) { return found }
        }
        var set = Set(candidates)
        for name in candidates.reversed() where breaks(set.subtracting([name])) { set.remove(name) }
        return set
    }

    private mutating func deferColumn(_ name: String, because reason: String) {
        let indices = self.edges.indices.filter { self.edges[$0].name == name && self.edges[$0].isDeferrable }
        for index in indices { self.edges[index].isDeferred = true }
        guard let first = indices.first else { return }
        let message = "\(name) is filled in a second pass: \(reason)"
        self.findings.append(Finding(.note, "deferred-reference", message, at: self.edges[first].position))
    }

    private mutating func refuse(_ cycle: [Int]) {
        self.refused.formUnion(cycle)
        guard let first = cycle.first else { return }
        let isShared = cycle.allSatisfy { self.edges[$0].kind == .sameAs }
        let columns = cycle.filter { self.edges[$0].kind == .reference }.map { self.edges[$0].name }
        let hint =
            columns.isEmpty
            ? nil
            : "where the target column is nullable, write `on_orphan: null` on one of: \(columns.joined(separator: ", "))"
        self.findings.append(
            Finding(
                .error,
                isShared ? "same-as-cycle" : "cycle",
                "\(isShared ? "entities share each other's UUIDs" : "references form a cycle"): \(self.describe(cycle))",
                hint: hint,
                at: self.edges[first].position
            )
        )
    }

    /// `orders.upper_jaw_id → jaws.order_id → orders`.
    private func describe(_ cycle: [Int]) -> String {
        let names = cycle.map { self.edges[$0].name }
        return (names + cycle.suffix(1).map { self.edges[$0].parent }).joined(separator: " → ")
    }
}

extension CycleBreaker {
    /// The edges of each strongly connected set of two or more entities, in the order of the file.
    private func components(_ indices: [Int]) -> [[Int]] {
        var graph = StrongComponents(count: self.rank.count)
        for index in indices {
            guard let child = self.rank[self.edges[index].child], let parent = self.rank[self.edges[index].parent]
            else {
                continue
            }
            graph.connect(child, to: parent)
        }
        let component = graph.components()
        var groups: [Int: [Int]] = [:]
        for index in indices {
            guard let child = self.rank[self.edges[index].child], let parent = self.rank[self.edges[index].parent],
                child != parent, component[child] == component[parent]
            else { continue }
            groups[component[child], default: []].append(index)
        }
        return groups.values.sorted { $0[0] < $1[0] }
    }

    /// The shortest cycle among edges through the entity that comes first in the file.
    private func shortestCycle(_ edges: [Int]) -> [Int] {
        let first = edges.min { self.rank[self.edges[$0].child] ?? 0 < self.rank[self.edges[$1].child] ?? 0 }
        guard let first else { return [] }
        let starts = edges.filter { self.edges[$0].child == self.edges[first].child }
        return starts.compactMap { self.path(from: $0, edges) }.min { $0.count < $1.count } ?? [first]
    }

    /// The shortest path that begins with an edge and ends where that edge began.
    private func path(from start: Int, _ edges: [Int]) -> [Int]? {
        let goal = self.edges[start].child
        let outgoing = Dictionary(grouping: edges) { self.edges[$0].child }
        var cameBy: [Int: Int] = [:]
        var seen: Set<String> = []
        var queue = [start]
        var next = 0
        while next < queue.count {
            let edge = queue[next]
            next += 1
            if self.edges[edge].parent == goal {
                var path = [edge]
                while let last = path.last, let previous = cameBy[last] { path.append(previous) }
                return path.reversed()
            }
            guard seen.insert(self.edges[edge].parent).inserted else { continue }
            for further in outgoing[self.edges[edge].parent] ?? [] where cameBy[further] == nil && further != start {
                cameBy[further] = edge
                queue.append(further)
            }
        }
        return nil
    }
}
