import RowPipeline

extension ResolvedEntity {
    /// Whether a query of the plan yields the rows, not the base table itself.
    package var readsQuery: Bool { self.select.from != "\(self.baseTable) AS source" }

    /// Whether any column is marked `pii: true`, so that what a server says of its rows is kept back.
    package var hasPersonalColumns: Bool {
        self.program.outputs.contains { $0.isPersonal } || self.fill?.program.outputs.contains { $0.isPersonal } == true
    }

    /// Sends the rows of a half-open key range, nil ends being open, but for those that the source can't compute.
    package func copyOutStatement(lower: Int64?, upper: Int64?, without unreadable: [Int64] = []) -> String {
        self.copyOut(self.select, where: SourceSelect.range(of: self.key, lower: lower, upper: upper), unreadable)
    }

    /// Sends the rows of the given keys.
    package func copyOutStatement(keys: [Int64]) -> String {
        self.copyOut(self.select, where: SourceSelect.list(of: self.key, keys: keys))
    }

    /// One row of two `int8`: rows of the base table in the range, and how many of them the plan's filter leaves out.
    ///
    /// It is not asked about rows that the source can't compute.
    package func countStatement(lower: Int64?, upper: Int64?, without unreadable: [Int64] = []) -> String {
        let others = unreadable.isEmpty ? nil : "source.\(self.key) <> ALL (\(SQLText.literal(unreadable)))"
        return self.count(where: SourceSelect.range(of: self.key, lower: lower, upper: upper), others)
    }

    /// Rows of (key `int8`, whether the plan's filter leaves it out `bool`) for those of the keys that the base table has.
    ///
    /// The filter is not asked about rows that the source can't compute.
    package func standingStatement(keys: [Int64], without unreadable: [Int64] = []) -> String {
        let filtered =
            self.filter
            .map { filter in
                let isFiltered = "(\(filter)) IS NOT TRUE"
                guard !unreadable.isEmpty else { return isFiltered }
                return
                    "CASE WHEN source.\(self.key) <> ALL (\(SQLText.literal(unreadable))) THEN \(isFiltered) ELSE false END"
            } ?? "false"
        return "SELECT source.\(self.key)::pg_catalog.int8, \(filtered) FROM \(self.baseTable) AS source WHERE "
            + SourceSelect.list(of: self.key, keys: keys)
    }

    /// Rows of (key `int8`, base table's row as JSON `text`) for the given keys.
    package func sourceRowsStatement(keys: [Int64]) -> String {
        "SELECT source.\(self.key)::pg_catalog.int8, \(self.rowExpression) FROM \(self.baseTable) AS source WHERE "
            + SourceSelect.list(of: self.key, keys: keys)
    }

    /// Takes the row program's output.
    package var copyInStatement: String {
        "COPY \(self.targetTable) (\(Self.list(self.program.outputs.map(\.name)))) FROM STDIN (FORMAT binary)"
    }

    /// Rows of (key `int8`, rule `int4`: index into `uniqueRules`), a key once at most; nil without rules.
    package var losersStatement: String? {
        guard !self.uniqueRules.isEmpty else { return nil }
        let union = self.uniqueRules.enumerated()
            .map { index, rule in
                "SELECT loser.key, \(index)::pg_catalog.int4 AS rule FROM (\(rule.losers)) AS loser(key)"
            }
        return "SELECT losers.key, pg_catalog.min(losers.rule) FROM (\(union.joined(separator: " UNION ALL ")))"
            + " AS losers GROUP BY losers.key ORDER BY losers.key"
    }

    private func copyOut(_ select: SourceSelect, where keys: String?, _ unreadable: [Int64] = []) -> String {
        select.copyStatement(
            where: keys,
            ordered: self.statistics.isScattered || self.readsInKeyOrder == true,
            without: unreadable
        )
    }

    private func count(where keys: String?, _ others: String?) -> String {
        let filtered =
            self.filter
            .map { filter in
                let isFiltered = "(\(filter)) IS NOT TRUE"
                return others.map { "CASE WHEN \($0) THEN \(isFiltered) ELSE false END" } ?? isFiltered
            }
            .map { "pg_catalog.count(*) FILTER (WHERE \($0))" } ?? "0::pg_catalog.int8"
        return "SELECT pg_catalog.count(*), \(filtered) FROM \(self.baseTable) AS source"
            + (keys.map { " WHERE \($0)" } ?? "")
    }

    static func list(_ columns: [String]) -> String {
        columns.map(SQLText.identifier).joined(separator: ", ")
    }
}

extension ResolvedEntity {
    /// Sends what the fill pass needs of a half-open key range; nil without a fill pass.
    package func fillCopyOutStatement(lower: Int64?, upper: Int64?, without unreadable: [Int64] = []) -> String? {
        let range = SourceSelect.range(of: self.key, lower: lower, upper: upper)
        return self.fill.map { self.copyOut($0.select, where: range, unreadable) }
    }

    /// Makes the session's temporary table for the fill pass, emptied by each COMMIT.
    package var createFillTableStatement: String? {
        guard let fill = self.fill, let id = self.idColumn else { return nil }
        let columns = ["\(id) pg_catalog.uuid"] + fill.columns.map { "\(SQLText.identifier($0.name)) \($0.type)" }
        return "CREATE TEMPORARY TABLE IF NOT EXISTS \(self.fillTable) (\(columns.joined(separator: ", ")))"
            + " ON COMMIT DELETE ROWS"
    }

    /// Takes the fill program's output.
    package var fillCopyInStatement: String? {
        self.fill.map {
            "COPY pg_temp.\(self.fillTable) (\(Self.list($0.program.outputs.map(\.name)))) FROM STDIN (FORMAT binary)"
        }
    }

    /// Moves the temporary table's values into the target's rows; its command tag counts the rows it changed.
    package var updateFromFillStatement: String? {
        guard let fill = self.fill, let id = self.idColumn else { return nil }
        let columns = fill.columns.map { SQLText.identifier($0.name) }
        let values = columns.map { "\($0) = filled.\($0)" }.joined(separator: ", ")
        return "UPDATE \(self.targetTable) AS target SET \(values) FROM pg_temp.\(self.fillTable) AS filled"
            + " WHERE target.\(id) = filled.\(id) AND (\(Self.differs(columns)))"
    }

    /// One row of two `int8`: rows that `updateFromFillStatement` has to change, and UUIDs of the temporary table that are
    /// no row's.
    package var dueFromFillStatement: String? {
        guard let fill = self.fill, let id = self.idColumn else { return nil }
        let columns = fill.columns.map { SQLText.identifier($0.name) }
        return """
            SELECT pg_catalog.count(*) FILTER (WHERE target.\(id) IS NOT NULL AND (\(Self.differs(columns)))),
                   pg_catalog.count(*) FILTER (WHERE target.\(id) IS NULL)
              FROM pg_temp.\(self.fillTable) AS filled
              LEFT JOIN \(self.targetTable) AS target ON target.\(id) = filled.\(id)
            """
    }

    private static func differs(_ columns: [String]) -> String {
        columns.map { "target.\($0) IS DISTINCT FROM filled.\($0)" }.joined(separator: " OR ")
    }

    private var fillTable: String { "godwit_fill_\(self.position)" }
}
