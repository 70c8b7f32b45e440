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
        let place = "pg_catalog.row_number() OVER (PARTITION BY \(parts.joined(separator: ", ")) ORDER BY \(order))"
        let present = parts.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
        let ranked = self.select(["\(key)::pg_catalog.int8 AS key", "\(place) AS place"], besides: present)
        let losers = "SELECT ranked.key FROM (\(ranked.statement(where: nil, ordered: false))) AS ranked WHERE ranked.place > 1"
        return UniqueRuleQuery(columns: rule.columns, losers: losers)
    }
}
