/// What refers to what in a plan, and the order that follows from it.
package struct DependencyGraph: Sendable, Equatable {
    /// The entities' names in the order of the file.
    package let entities: [String]
    /// Every reference, in the order of the file.
    package let edges: [Dependency]
    /// Parents before children; among equals the order of the file.
    package let order: [String]
    /// The phases in order; every entity is in one.
    package let phases: [Phase]
    /// Cycles, references that were deferred, pins that contradict the references.
    package let findings: [Finding]
    private let parents: [String: [String]]
    private let children: [String: [String]]

    /// Analyses a plan.
    ///
    /// References to the own table and those that close a cycle are deferred where that is allowed.
    package init(of plan: Plan) {
        let names = plan.entities.map(\.name)
        var breaker = CycleBreaker(plan: plan, edges: Dependency.edges(of: plan))
        breaker.run()
        let active = breaker.edges.enumerated().filter { !$1.isDeferred && !breaker.refused.contains($0) }
            .map(\.element)
        let order = Self.order(of: names, active: active)
        var assignment = PhaseAssignment(plan: plan, order: order, active: active)
        assignment.run()
        self.entities = names
        self.edges = breaker.edges
        self.order = order
        self.phases = assignment.phases
        self.findings = breaker.findings + assignment.findings
        self.parents = Self.neighbours(active, of: \.child, are: \.parent, order: order)
        self.children = Self.neighbours(active, of: \.parent, are: \.child, order: order)
    }

    /// The entities that must be complete before an entity starts, in topological order.
    package func dependencies(of entity: String) -> [String] {
        self.parents[entity] ?? []
    }

    /// The entities that wait for an entity, in topological order.
    package func dependents(of entity: String) -> [String] {
        self.children[entity] ?? []
    }

    /// The label of an entity's phase, nil for a name the plan doesn't have.
    package func phase(of entity: String) -> String? {
        self.phases.first { $0.entities.contains(entity) }?.label
    }

    /// Marks in a plan the references that the analysis deferred.
    package func markDeferred(in plan: inout Plan) {
        let deferred = Set(self.edges.filter(\.isDeferred).map(\.name))
        for entity in plan.entities.indices {
            let name = plan.entities[entity].name
            for column in plan.entities[entity].columns.indices {
                let value = plan.entities[entity].columns[column]
                guard case .reference(var reference) = value.value, deferred.contains("\(name).\(value.name)") else {
                    continue
                }
                reference.isDeferred = true
                plan.entities[entity].columns[column].value = .reference(reference)
            }
        }
    }

    private static func order(of names: [String], active: [Dependency]) -> [String] {
        let index = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
        var waiting = [Set<Int>](repeating: [], count: names.count)
        var children = [[Int]](repeating: [], count: names.count)
        for edge in active {
            guard let child = index[edge.child], let parent = index[edge.parent], child != parent else { continue }
            if waiting[child].insert(parent).inserted { children[parent].append(child) }
        }
        var order: [Int] = []
        var ready = Set(names.indices.filter { waiting[$0].isEmpty })
        while let next = ready.min() {
            ready.remove(next)
            order.append(next)
            for child in children[next] {
                waiting[child].remove(next)
                if waiting[child].isEmpty { ready.insert(child) }
            }
        }
        return order.map { names[$0] }
    }

    private static func neighbours(
        _ active: [Dependency],
        of end: KeyPath<Dependency, String>,
        are other: KeyPath<Dependency, String>,
        order: [String]
    ) -> [String: [String]] {
        let rank = Dictionary(order.enumerated().map { ($1, $0) }) { first, _ in first }
        var sets: [String: Set<String>] = [:]
        for edge in active { sets[edge[keyPath: end], default: []].insert(edge[keyPath: other]) }
        return sets.mapValues { $0.sorted { (rank[$0] ?? 0) < (rank[$1] ?? 0) } }
    }
}

extension DependencyGraph {
    /// A label and the entities under it, in topological order.
    package struct Phase: Sendable, Equatable, Codable {
        package var label: String
        package var entities: [String]
    }
}
