import MigrationPlan

extension EntityCompiler {
    /// The plan's unique rules as queries for the keys that lose.
    mutating func uniqueRules() -> [UniqueRuleQuery] {
        self.entity.unique.compactMap { self.query(for: $0) }
    }

    private mutating func query(for rule: UniqueRule) -> UniqueRuleQuery? {
        let label = "unique (\(rule.columns.joined(separator: ", ")))"
        var parts: [String] = []
        for column in rule.columns {
            switch self.distinctions[column] {
            case .expression(let expression): parts.append("(\(expression))")
            case .constant: continue
            case .unknown, nil:
                let text = "the source can't tell which values of \(column) are equal"
                let hint = "use a column that is carried over, computed by `sql:`, mapped, or a plain reference"
                self.error("unique-column", label, text, hint: hint, at: rule.position)
                return nil
            }
        }
        guard !parts.isEmpty else {
            self.error("unique-column", label, "its columns hold the same values in every row", at: rule.position)
            return nil
        }
        let key = "source.\(self.key)"
        let order: String
        switch rule.keep {
        case .lowestKey: order = key
        case .highestKey: order = "\(key) DESC"
        case .newest(let expression):
            guard self.type(of: expression, label, at: rule.position) != nil else { return nil }
            order = "(\(expression)) DESC NULLS LAST, \(key)"
        }
        return UniqueRuleQuery(columns: rule.columns, losers: self.losers(among: parts, order: order))
    }

    /// What the target's unique indexes would refuse without a rule of the plan, the lowest key winning.
    ///
    /// Indexes over expressions, over part of the rows, and over columns that the source can't compare are left out.
    func undecidedIndexes() -> [UniqueRuleQuery] {
        let keys = Set([self.entity.id, self.entity.legacy].compactMap { $0 })
        return self.target.uniqueIndexes.compactMap { index in
            let isDecided = self.entity.unique.contains { Set($0.columns).isSubset(of: index.columns) }
            guard !isDecided, !index.isPartial, !index.hasExpressions, keys.isDisjoint(with: index.columns) else {
                return nil
            }
            var parts: [String] = []
            for column in index.columns {
                switch self.distinctions[column] {
                case .expression(let expression): parts.append("(\(expression))")
                case .constant: continue
                case .unknown, nil: return nil
                }
            }
            guard !parts.isEmpty else { return nil }
            return UniqueRuleQuery(
                columns: index.columns,
                losers: self.losers(among: parts, order: "source.\(self.key)")
            )
        }
    }

    /// The keys of all rows but the first, in the given order, of each group with equal values; NULLs never clash.
    private func losers(among parts: [String], order: String) -> String {
        let place = "pg_catalog.row_number() OVER (PARTITION BY \(parts.joined(separator: ", ")) ORDER BY \(order))"
        let present = parts.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
        let ranked = self.select(["source.\(self.key)::pg_catalog.int8 AS key", "\(place) AS place"], besides: present)
        return
            "SELECT ranked.key FROM (\(ranked.statement(where: nil, ordered: false))) AS ranked WHERE ranked.place > 1"
    }
}
