import MigrationPlan
import Postgres

/// Asks the source about one entity's row source and expressions, without reading rows of a large table.
struct SourceProbe {
    var entity: EntityPlan
    var table: CatalogTable

    /// The FROM item of the entity's SELECT.
    var from: String {
        guard let query = self.entity.query else { return "\(self.table.sql) AS source" }
        return "(\(Self.withoutSemicolon(query))) AS source"
    }

    /// What can be found out; refusals that speak of the plan become findings.
    func facts(
        _ connection: borrowing Connection,
        findings: inout [Finding]
    ) throws(PostgresError) -> SourceFacts? {
        var facts = SourceFacts(table: self.table, from: self.from)
        do {
            let row = try connection.query("SELECT source.* FROM \(self.from) LIMIT 0")
            facts.columns = zip(row.columns, row.columnTypes).map { (name: $0, type: $1.columnType) }
        } catch  where error.isAboutThePlan {
            findings.append(self.refusal(error))
            return nil
        }
        try self.describe(self.entity.sourceExpressions, in: &facts, connection)
        let key = facts.column(named: self.entity.key)
        guard let key, self.table.column(named: self.entity.key) != nil, Self.integers.contains(key.oid) else {
            return facts
        }
        do {
            facts.keys = try StatisticsReader.ends(of: self.entity.key, in: self.table, connection)
            facts.hasNullKeys = try self.hasNullKeys(connection)
        } catch  where error.isAboutThePlan {
            findings.append(self.refusal(error))
            return nil
        }
        return facts
    }

    /// All expressions at once; one at a time only to find those that are refused.
    private func describe(
        _ expressions: [String],
        in facts: inout SourceFacts,
        _ connection: borrowing Connection
    ) throws(PostgresError) {
        guard !expressions.isEmpty else { return }
        let list = expressions.map { "(\($0))" }.joined(separator: ", ")
        do {
            let row = try connection.query("SELECT \(list) FROM \(self.from) LIMIT 0")
            if row.columnTypes.count == expressions.count {
                for (expression, type) in zip(expressions, row.columnTypes) {
                    facts.expressions[expression] = type.columnType
                }
                return
            }
        } catch  where error.isAboutThePlan {
            guard expressions.count > 1 else {
                facts.refusals[expressions[0]] = error.serverMessage ?? error.message
                return
            }
        }
        guard expressions.count > 1 else {
            facts.refusals[expressions[0]] = "it is more than one expression"
            return
        }
        for expression in expressions {
            try self.describe([expression], in: &facts, connection)
        }
    }

    private func hasNullKeys(_ connection: borrowing Connection) throws(PostgresError) -> Bool {
        guard self.table.column(named: self.entity.key)?.isNotNull == false else { return false }
        let key = SQLText.identifier(self.entity.key)
        return try connection
            .query("SELECT EXISTS (SELECT FROM \(self.table.sql) AS source WHERE source.\(key) IS NULL)")
            .first?
            .bool(0) ?? false
    }

    private func refusal(_ error: PostgresError) -> Finding {
        let isPrivilege = error.sqlState == "42501"
        return Finding(
            .error,
            isPrivilege ? "missing-privilege" : "refused-query",
            "\(self.entity.name): the source refuses to read it: \(error.serverMessage ?? error.message)",
            hint: isPrivilege ? "grant SELECT to the role of GODWIT_SOURCE" : error.hint,
            at: self.entity.position
        )
    }

    /// `int2`, `int4`, `int8`.
    static let integers: Set<UInt32> = [21, 23, 20]

    private static func withoutSemicolon(_ query: String) -> String {
        var text = Substring(query)
        while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        // The line break ends a trailing comment.
        return text + "\n"
    }
}

extension PostgresError {
    /// Whether the server refused what the plan says, rather than being out of reach or short of something.
    var isAboutThePlan: Bool { self.code == .serverRefused && !self.isTransient }
}

extension QueryResult.ColumnType {
    var columnType: ColumnType { ColumnType(oid: self.oid, modifier: self.modifier) }
}
