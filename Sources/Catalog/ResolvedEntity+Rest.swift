extension ResolvedEntity {
    /// Rows of two `int8`: the lowest key of each of so many parts with about as many rows, and its rows.
    ///
    /// It reads the keys alone, so no expression of the plan can fail in it.
    package func partsStatement(from lower: Int64, upper: Int64?, parts: Int) -> String {
        let range = SourceSelect.range(of: self.key, lower: lower, upper: upper) ?? "true"
        return """
            SELECT pg_catalog.min(numbered.key), pg_catalog.count(*)
              FROM (SELECT source.\(self.key)::pg_catalog.int8 AS key,
                           pg_catalog.ntile(\(parts)) OVER (ORDER BY source.\(self.key)) AS part
                      FROM \(self.baseTable) AS source WHERE \(range)) AS numbered
             GROUP BY numbered.part ORDER BY 1
            """
    }

    /// Keys within a range that cut it into about so many parts, as far as the plan's statistics know any; at no cost.
    package func knownCuts(from lower: Int64, upper: Int64?, parts: Int) -> [Int64] {
        let inside = self.statistics.bounds.filter { $0 > lower && $0 < upper ?? .max }
        guard parts > 1, !inside.isEmpty else { return [] }
        let cuts = (1..<parts).map { inside[min($0 * inside.count / parts, inside.count - 1)] }
        return cuts.reduce(into: []) { if $1 > $0.last ?? lower { $0.append($1) } }
    }
}
