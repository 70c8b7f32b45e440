import Catalog
import MigrationPlan
import Postgres

/// Reads an entity's rows in the source for what a run would stumble over.
struct DataChecks {
    var entity: ResolvedEntity
    var planned: EntityPlan
    var undecidedIndexes: [UniqueRuleQuery]
    /// Whether no key can come twice, so that nothing need be read to know it.
    var hasUniqueKey: Bool

    /// Runs the queries; one that the source refuses is a finding.
    func findings(_ source: borrowing Connection) throws(PostgresError) -> [Finding] {
        var findings: [Finding] = []
        if !self.hasUniqueKey, let finding = try self.repeatedKeys(source) { findings.append(finding) }
        for (rule, planned) in zip(self.entity.uniqueRules, self.planned.unique) {
            guard let losers = try self.sample(rule.losers, source, at: planned.position, into: &findings) else {
                continue
            }
            let text =
                "\(losers.description) would be rejected as `duplicate` by unique (\(rule.columns.joined(separator: ", ")))"
            findings.append(self.finding(.note, "losers", text, at: planned.position))
        }
        for index in self.undecidedIndexes {
            let position = self.entity(at: index)
            guard let losers = try self.sample(index.losers, source, at: position, into: &findings) else { continue }
            let columns = index.columns.joined(separator: ", ")
            let text = "\(losers.description) would be refused by the target's unique index on (\(columns))"
            let hint = "say who wins: `unique: [{ columns: [\(columns)], keep: lowest_key }]`"
            findings.append(self.finding(.warning, "undecided-duplicates", text, hint: hint, at: position))
        }
        return findings
    }

    /// Keys that the row source yields more than once.
    private func repeatedKeys(_ source: borrowing Connection) throws(PostgresError) -> Finding? {
        let key = "source.\(self.entity.key)::pg_catalog.int8"
        let condition = self.entity.select.condition.map { "WHERE (\($0)) AND" } ?? "WHERE"
        let repeated = """
            SELECT \(key) FROM \(self.entity.select.from) \(condition) source.\(self.entity.key) IS NOT NULL
            GROUP BY source.\(self.entity.key) HAVING pg_catalog.count(*) > 1
            """
        var findings: [Finding] = []
        let position = self.planned.position
        guard let keys = try self.sample(repeated, source, at: position, into: &findings) else { return findings.first }
        let isQuery = self.planned.query != nil
        let text = "\(isQuery ? "the query" : "the table") yields \(keys.count) keys more than once: \(keys.keys)"
        let hint =
            isQuery
            ? "a join that matches twice doubles rows: use EXISTS, or DISTINCT ON (\(self.planned.key))"
            : "name a key that is unique; of a table that others inherit from, read a view over ONLY it"
        return self.finding(.error, "repeated-keys", text, hint: hint, at: position)
    }

    private struct Sample {
        var count: Int64
        var keys: String

        var description: String { "\(self.count) rows (keys \(self.keys))" }
    }

    /// How many keys a SELECT yields, and the lowest five; nil for none.
    private func sample(
        _ select: String,
        _ source: borrowing Connection,
        at position: Position,
        into findings: inout [Finding]
    ) throws(PostgresError) -> Sample? {
        let sql = """
            WITH keys (key) AS MATERIALIZED (\(select))
            SELECT pg_catalog.count(*), pg_catalog.array_to_string((pg_catalog.array_agg(key ORDER BY key))[1:5], ', ') FROM keys
            """
        do {
            let row = try source.query(sql).first
            guard let count = row?.integer(0), count > 0 else { return nil }
            return Sample(count: count, keys: (row?.text(1) ?? "") + (count > 5 ? ", …" : ""))
        } catch  where error.code == .serverRefused && !error.isTransient {
            let shown = self.entity.hasPersonalColumns ? error.withoutRowValues : error
            let text = "the source's rows refuse the plan's SQL: \(shown.serverMessage ?? shown.message)"
            findings.append(self.finding(.error, "failing-sql", text, hint: shown.hint, at: position))
            return nil
        }
    }

    private func entity(at index: UniqueRuleQuery) -> Position {
        self.planned.columns.first { index.columns.contains($0.name) }?.position ?? self.planned.position
    }

    private func finding(
        _ severity: Finding.Severity,
        _ code: String,
        _ text: String,
        hint: String? = nil,
        at position: Position
    ) -> Finding {
        Finding(severity, code, "\(self.entity.name): \(text)", hint: hint, at: position)
    }
}
