extension ResolvedEntity {
    /// Rows of (key `int8`) for those of the keys whose rows the source yields: that the base table has, and the plan's
    /// query and filter let through.
    package func migratedKeysStatement(keys: [Int64]) -> String {
        let condition = self.select.condition.map { " AND (\($0))" } ?? ""
        return "SELECT source.\(self.select.key)::pg_catalog.int8 FROM \(self.select.from) WHERE "
            + SourceSelect.list(of: self.select.key, keys: keys) + condition
    }
}
