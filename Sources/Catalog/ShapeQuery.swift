package import Postgres

/// Asks a server whether expressions still have the types that they had when the plan was resolved; reads no row.
///
/// The description of a statement follows the tables as they are. The system catalogs don't under a snapshot: they show a
/// transaction what was when it was taken (https://www.postgresql.org/docs/15/mvcc-caveats.html).
package struct ShapeQuery: Sendable {
    /// To be run in the transaction that reads or writes: they lock the tables they name against another ALTER TABLE.
    package let statements: [String]
    private let fields: [EntityShape.Field]

    init(_ fields: [EntityShape.Field], from: String) {
        self.statements = Self.statements(for: fields.map(\.sql), from: from)
        self.fields = fields
    }

    static func statements(for expressions: [String], from: String) -> [String] {
        stride(from: 0, to: expressions.count, by: Self.expressionsAtOnce)
            .map { start in
                let some = expressions[start..<min(start + Self.expressionsAtOnce, expressions.count)]
                return "SELECT \(some.joined(separator: ", ")) FROM \(from) LIMIT 0"
            }
    }

    /// PostgreSQL takes 1,664 in a SELECT (https://www.postgresql.org/docs/15/limits.html).
    private static let expressionsAtOnce = 1000

    /// What has changed, given the statements' results.
    package func changes(_ results: [QueryResult]) -> [EntityShape.Change] {
        zip(self.fields, results.flatMap(\.columnTypes))
            .compactMap { field, type in
                let now = EntityShape.Field(sql: field.sql, type: type.oid, modifier: type.modifier)
                return now == field ? nil : EntityShape.Change(sql: field.sql, was: field, now: now)
            }
    }

    /// One row: the name of each change's old type, then of its new one.
    package static func typeNames(of changes: [EntityShape.Change]) -> String {
        let names = changes.flatMap { [$0.was, $0.now] }
            .map { "pg_catalog.format_type(\($0.type)::pg_catalog.oid, \($0.modifier))" }
        return "SELECT \(names.joined(separator: ", "))"
    }
}

extension ResolvedEntity {
    /// Asks the source; nil where the run was begun by a version that recorded no types.
    package var sourceShapeQuery: ShapeQuery? {
        self.shape.map { ShapeQuery($0.source, from: self.select.from) }
    }

    /// Asks the target; nil where the run was begun by a version that recorded no types.
    package var targetShapeQuery: ShapeQuery? {
        self.shape.map { ShapeQuery($0.target, from: self.targetTable) }
    }
}
