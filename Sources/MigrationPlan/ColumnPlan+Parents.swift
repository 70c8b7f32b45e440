extension ColumnPlan {
    /// The entities that the column's value names, in the order of the plan.
    package var parents: [String] {
        switch self.value {
        case .reference(let reference): reference.alternatives.map(\.entity)
        case .json(let json): json.references.map(\.entity)
        case .uuid(let entity, _): [entity]
        case .copy, .sql, .map, .constant, .targetDefault: []
        }
    }
}
