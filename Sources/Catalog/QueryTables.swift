internal import FoundationEssentials
import Postgres

/// The tables that a SELECT reads, as the source's planner names them.
enum QueryTables {
    /// Quoted, schema-qualified names, sorted.
    static func read(by select: String, _ connection: borrowing Connection) throws(PostgresError) -> [String] {
        let text = try connection.query("EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) \(select)").first?.text(0) ?? "[]"
        var tables: Set<String> = []
        // The text is PostgreSQL's own; what cannot be decoded has no relations to name.
        let plans = (try? JSONDecoder().decode([Explanation].self, from: Data(text.utf8))) ?? []
        for plan in plans { plan.plan.collect(into: &tables) }
        return tables.sorted()
    }

    private struct Explanation: Decodable {
        var plan: Node

        enum CodingKeys: String, CodingKey {
            case plan = "Plan"
        }
    }

    private struct Node: Decodable {
        var relation: String?
        var schema: String?
        var children: [Node]?

        enum CodingKeys: String, CodingKey {
            case relation = "Relation Name"
            case schema = "Schema"
            case children = "Plans"
        }

        func collect(into tables: inout Set<String>) {
            if let relation = self.relation, let schema = self.schema {
                tables.insert(SQLText.qualified(schema, relation))
            }
            for child in self.children ?? [] { child.collect(into: &tables) }
        }
    }
}
