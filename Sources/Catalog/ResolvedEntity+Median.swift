extension ResolvedEntity {
    /// One row of two `int8`: how many rows the base table has in the range, and the key in their middle, at which the
    /// second half begins; no row for an empty range.
    ///
    /// It reads the key alone, so no expression of the plan can fail in it.
    package func medianStatement(lower: Int64?, upper: Int64?) -> String {
        let range = SourceSelect.range(of: self.key, lower: lower, upper: upper)
        return """
            SELECT numbered.total, numbered.key
              FROM (SELECT source.\(self.key)::pg_catalog.int8 AS key,
                           pg_catalog.row_number() OVER (ORDER BY source.\(self.key)) AS number,
                           pg_catalog.count(*) OVER () AS total
                      FROM \(self.baseTable) AS source
                     WHERE source.\(self.key) IS NOT NULL\(range.map { " AND \($0)" } ?? "")) AS numbered
             WHERE numbered.number = numbered.total / 2 + 1
            """
    }
}
