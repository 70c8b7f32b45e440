import Postgres

/// The SELECT that yields an entity's rows in the source, but for the key range.
package struct SourceSelect: Codable, Sendable, Equatable {
    /// SQL of each output column, one per `RowProgram.inputs`.
    package var expressions: [String]
    /// The FROM item, aliased `source`: the base table or the plan's query.
    package var from: String
    /// The key column of `source`, quoted.
    package var key: String
    /// A condition that every row must meet besides the key range; nil for none.
    package var condition: String?
    /// The cheaper form of the expressions; nil where there is none, and in a run that was begun before there was.
    package var inSessionZone: InSessionZone?

    package init(expressions: [String], from: String, key: String, condition: String?) {
        self.expressions = expressions
        self.from = from
        self.key = key
        self.condition = condition
    }

    /// The SELECT restricted to keys for which the given SQL condition holds, but for those left out: no expression
    /// is evaluated for them.
    func statement(
        of expressions: [String]? = nil,
        where keys: String?,
        ordered: Bool,
        without unreadable: [Int64] = []
    ) -> String {
        var conditions = [keys, self.condition.map { "(\($0))" }].compactMap { $0 }
        if !unreadable.isEmpty {
            // Conditions beside each other may be evaluated in any order, the branches of a CASE may not.
            let others = "source.\(self.key) <> ALL (\(SQLText.literal(unreadable)))"
            let guarded = self.condition.map { "CASE WHEN \(others) THEN (\($0)) ELSE false END" }
            conditions = [keys, guarded ?? others].compactMap { $0 }
        }
        var sql = "SELECT " + (expressions ?? self.expressions).joined(separator: ", ") + " FROM " + self.from
        if !conditions.isEmpty { sql += " WHERE " + conditions.joined(separator: " AND ") }
        if ordered { sql += " ORDER BY source.\(self.key)" }
        return sql
    }

    /// The COPY of the SELECT's rows.
    ///
    /// Where the expressions want the session's time zone, it is theirs for this COPY alone: set for the transaction, and
    /// set back behind the COPY, or rolled back with it where it ends early.
    func copyStatement(where keys: String?, ordered: Bool, without unreadable: [Int64] = []) -> String {
        let select = self.statement(
            of: self.inSessionZone?.expressions,
            where: keys,
            ordered: ordered,
            without: unreadable
        )
        let copy = "COPY (\(select)) TO STDOUT (FORMAT binary)"
        guard let zone = self.inSessionZone?.zone else { return copy }
        let sessions = SQLText.literal(Connection.timeZone)
        return "SET LOCAL TimeZone TO \(SQLText.literal(zone)); \(copy); SET LOCAL TimeZone TO \(sessions)"
    }

    /// The condition on the key for a half-open range; nil where both ends are open.
    static func range(of key: String, lower: Int64?, upper: Int64?) -> String? {
        let conditions = [
            lower.map { "source.\(key) >= \(SQLText.literal($0))" },
            upper.map { "source.\(key) < \(SQLText.literal($0))" },
        ]
        .compactMap { $0 }
        return conditions.isEmpty ? nil : conditions.joined(separator: " AND ")
    }

    /// The condition on the key for a list of keys.
    static func list(of key: String, keys: [Int64]) -> String {
        "source.\(key) = ANY (\(SQLText.literal(keys)))"
    }
}

extension SourceSelect {
    /// The expressions as they are in a session of another time zone.
    package struct InSessionZone: Codable, Sendable, Equatable {
        package var zone: String
        package var expressions: [String]
    }
}
