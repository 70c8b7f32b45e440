/// How much there is to get wrong about an entity: a sum of weighted counts (plan reference: Complexity).
package struct Complexity: Sendable, Equatable, Codable {
    package var entity: String
    /// The terms that aren't zero, in the order of the formula.
    package var terms: [Term]

    package var score: Int {
        self.terms.reduce(0) { $0 + $1.points }
    }

    /// The complexity of every entity of a plan, in the order of the file.
    package static func scores(of plan: Plan, _ graph: DependencyGraph) -> [Self] {
        plan.entities.map { Self(entity: $0.name, terms: Self.terms(of: $0, graph)) }
    }

    private static func terms(of entity: EntityPlan, _ graph: DependencyGraph) -> [Term] {
        let references = entity.columns.compactMap { column -> ReferencePlan? in
            if case .reference(let reference) = column.value { reference } else { nil }
        }
        let documents = entity.columns.compactMap { column -> JSONPlan? in
            if case .json(let json) = column.value { json } else { nil }
        }
        let maps = entity.columns.count { if case .map = $0.value { true } else { false } }
        let expressions = entity.columns.count { if case .sql = $0.value { true } else { false } }
        let parents = graph.dependencies(of: entity.name).count
        let children = graph.dependents(of: entity.name).count
        let counts: [(Factor, Int)] = [
            (.reference, references.count),
            (.alternative, references.reduce(0) { $0 + $1.alternatives.count - 1 }),
            (.deferred, references.count(where: \.isDeferred)),
            (.query, entity.query == nil ? 0 : 1),
            (.join, entity.query.map(Self.joins) ?? 0),
            (.json, documents.count),
            (.jsonReference, documents.reduce(0) { $0 + $1.references.count }),
            (.map, maps),
            (.expression, expressions),
            (.check, entity.checks.count),
            (.unique, entity.unique.count),
            (.parent, parents),
            (.child, children),
        ]
        return counts.filter { $0.1 > 0 }.map { Term(factor: $0.0, count: $0.1) }
    }

    /// How often a query says JOIN, in whatever case.
    private static func joins(in query: String) -> Int {
        query.lowercased().split { !$0.isLetter && $0 != "_" }.count { $0 == "join" }
    }
}

extension Complexity {
    /// What makes an entity complex.
    package enum Factor: String, Sendable, Equatable, Codable {
        case reference
        case alternative
        case deferred
        case query
        case join
        case json
        case jsonReference = "json_reference"
        case map
        case expression
        case check
        case unique
        case parent
        case child

        /// The points each one costs: 1 for what the source or the plan settles alone, 2 for what is looked up or
        /// may fail row by row, 3 for what needs a second look at the same row.
        package var weight: Int {
            switch self {
            case .expression, .check, .parent, .child: 1
            case .reference, .alternative, .query, .join, .json, .map, .unique: 2
            case .deferred, .jsonReference: 3
            }
        }
    }

    /// How often a factor occurs.
    package struct Term: Sendable, Equatable, Codable {
        package var factor: Factor
        package var count: Int

        package var points: Int {
            self.count * self.factor.weight
        }
    }
}
