import Postgres

/// Asks a target table for the rows that a unique index does not take, in the index's own terms.
///
/// The definition comes from the catalog, where the index has been built without being unique: nothing here reads SQL.
struct DuplicateSearch {
    /// More rows than these are no accident of a few, and would have to be held in memory.
    static let limit = 1_000_000

    /// Of the index that is there for the search, as a `regclass` says it.
    let index: String
    private let terms: [Term]
    private let predicate: String?
    private let isNullDistinct: Bool

    /// One column or expression of the index.
    private struct Term {
        var expression: String
        var collation: String?

        var sql: String { "(\(self.expression))" + (self.collation.map { " COLLATE \($0)" } ?? "") }
    }

    /// Asks for the terms of an index; `$1` is the table, quoted and qualified, `$2` the index's bare name.
    static let terms = """
        SELECT index.indexrelid::regclass::text AS index, pg_get_expr(index.indpred, index.indrelid) AS predicate,
               coalesce((to_jsonb(index)->>'indnullsnotdistinct')::boolean, false) AS nulls_not_distinct,
               pg_get_indexdef(index.indexrelid, place, false) AS expression,
               (SELECT quote_ident(nspname) || '.' || quote_ident(sorting.collname)
                  FROM pg_collation AS sorting JOIN pg_namespace AS namespace ON namespace.oid = sorting.collnamespace
                 WHERE sorting.oid = index.indcollation[place - 1]) AS collation
          FROM pg_index AS index JOIN pg_class AS class ON class.oid = index.indexrelid,
               generate_series(1, index.indnkeyatts) AS place
         WHERE index.indrelid = $1::regclass AND class.relname = $2
         ORDER BY place
        """

    /// The answer; nil where there is no such index.
    init?(_ result: QueryResult) {
        guard let first = result.first, let index = first.text("index") else { return nil }
        self.index = index
        self.predicate = first.text("predicate")
        self.isNullDistinct = first.bool("nulls_not_distinct") != true
        self.terms = result.rows.map { Term(expression: $0.text("expression") ?? "", collation: $0.text("collation")) }
    }

    /// A row of a group.
    struct Row: Equatable {
        /// Its `ctid`.
        var place: String
        /// Its legacy key.
        var key: Int64?
        /// Its id, where the table has one.
        var id: String?
    }

    /// The rows of every group with more than one, the groups one after the other: `place`, `key`, `id` and `leader`, which
    /// is the same within a group.
    func rows(of table: String, legacyColumn: String, idColumn: String?) -> String {
        let names = self.terms.indices.map { "term_\($0)" }.joined(separator: ", ")
        let columns = self.terms.enumerated().map { "\($1.sql) AS term_\($0)" }.joined(separator: ", ")
        var conditions = self.predicate.map { ["(\($0))"] } ?? []
        if self.isNullDistinct { conditions += self.terms.map { "(\($0.expression)) IS NOT NULL" } }
        return """
            SELECT place, key, id, leader
              FROM (SELECT place, key, id, count(*) OVER (PARTITION BY \(names)) AS size,
                           first_value(place) OVER (PARTITION BY \(names)) AS leader
                      FROM (SELECT ctid AS place, \(legacyColumn)::bigint AS key, \(idColumn ?? "NULL")::text AS id, \(columns)
                              FROM ONLY \(table)
                             WHERE \(conditions.isEmpty ? "true" : conditions.joined(separator: " AND "))) AS candidate
                   ) AS counted
             WHERE size > 1 ORDER BY leader, key LIMIT \(Self.limit + 1)
            """
    }

    /// The answer to ``rows(of:legacyColumn:idColumn:)``, by group.
    static func groups(_ result: QueryResult) -> [[Row]] {
        var groups: [[Row]] = []
        var leader: String?
        for row in result.rows {
            let group = row.text("leader")
            if groups.isEmpty || group != leader { groups.append([]) }
            leader = group
            groups[groups.count - 1]
                .append(Row(place: row.text("place") ?? "", key: row.integer("key"), id: row.text("id")))
        }
        return groups
    }

    /// Asks which of some legacy keys more than one row has, `$1` being the keys; rows of other ids count apart where an id
    /// follows from the key.
    static func twins(in table: String, legacyColumn: String, idColumn: String?) -> String {
        let columns = [legacyColumn, idColumn].compactMap { $0 }.joined(separator: ", ")
        return """
            SELECT \(legacyColumn)::bigint AS key FROM ONLY \(table) WHERE \(legacyColumn) = ANY ($1::bigint[])
             GROUP BY \(columns) HAVING count(*) > 1 ORDER BY 1 LIMIT 1
            """
    }
}
