/// One reason why rows of an entity need rows of another: an edge from child to parent.
package struct Dependency: Sendable, Equatable {
    package var child: String
    package var parent: String
    /// The target column that holds the reference; nil for `same_as`.
    package var column: String?
    package var kind: Kind
    /// Whether the column may stay NULL until a second pass: a `ref:` with `on_orphan: null`.
    package var isDeferrable: Bool
    /// Filled in a second pass, so that the child doesn't wait for the parent.
    package var isDeferred: Bool
    package var position: Position

    /// `orders.patient_id`, the way paths and findings name the edge.
    package var name: String {
        "\(self.child).\(self.column ?? "uuid")"
    }
}

extension Dependency {
    /// What in the plan makes one entity wait for another.
    package enum Kind: String, Sendable, Equatable, Codable {
        case reference
        case json
        case sameAs = "same_as"
    }

    /// The edges of a plan in the order of the file; parents that the plan doesn't have are left out.
    static func edges(of plan: Plan) -> [Dependency] {
        let names = Set(plan.entities.map(\.name))
        return plan.entities.flatMap { entity -> [Dependency] in
            var edges: [Dependency] = []
            if case .sameAs(let parent) = entity.identity {
                edges.append(
                    Dependency(
                        child: entity.name,
                        parent: parent,
                        column: nil,
                        kind: .sameAs,
                        isDeferrable: false,
                        isDeferred: false,
                        position: entity.position
                    )
                )
            }
            edges.append(contentsOf: entity.columns.flatMap { Self.edges(of: $0, in: entity.name) })
            return edges.filter { names.contains($0.parent) }
        }
    }

    private static func edges(of column: ColumnPlan, in entity: String) -> [Dependency] {
        let kind: Kind
        var isDeferrable = false
        var isDeferred = false
        switch column.value {
        case .reference(let reference):
            kind = .reference
            isDeferrable = reference.onOrphan == .null
            isDeferred = reference.isDeferred
        case .json:
            kind = .json
        case .copy, .sql, .map, .constant, .uuid, .targetDefault:
            return []
        }
        var seen: Set<String> = []
        return column.parents.filter { seen.insert($0).inserted }
            .map { parent in
                Dependency(
                    child: entity,
                    parent: parent,
                    column: column.name,
                    kind: kind,
                    isDeferrable: isDeferrable,
                    isDeferred: isDeferred,
                    position: column.position
                )
            }
    }
}
