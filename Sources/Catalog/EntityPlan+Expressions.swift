import MigrationPlan

extension EntityPlan {
    /// Every expression of the plan that the source evaluates for this entity's rows, each once.
    var sourceExpressions: [String] {
        var seen: Set<String> = []
        return
            (self.columns.flatMap(\.value.sourceExpressions) + self.checks.map(\.sql) + self.unique.compactMap(\.order))
            .filter { seen.insert($0).inserted }
    }
}

extension ColumnValue {
    /// The source expressions that the column's value is made from.
    var sourceExpressions: [String] {
        switch self {
        case .sql(let sql): [sql]
        case .reference(let plan): plan.alternatives.flatMap { [$0.by] + ($0.when.map { [$0] } ?? []) }
        case .map(let plan): [plan.from]
        case .json(let plan): [plan.from]
        case .uuid(_, let by): [by]
        case .copy, .constant, .targetDefault: []
        }
    }
}

extension UniqueRule {
    /// The expression that orders the rows which clash, nil for the key.
    var order: String? {
        switch self.keep {
        case .newest(let expression): expression
        case .lowestKey, .highestKey: nil
        }
    }
}
