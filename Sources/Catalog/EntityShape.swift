import Postgres

/// The types of what an entity reads and writes, as both servers described them when the plan was resolved.
///
/// Binary COPY does not convert: a column that has got another type since would take the bytes for values of its own.
package struct EntityShape: Codable, Sendable, Equatable {
    /// Of the row source: the columns that the plan's SQL names, and what its expressions yield.
    package var source: [Field]
    /// Of the target table: the columns that are written, and those by which its rows are found.
    package var target: [Field]

    package init(source: [Field], target: [Field]) {
        self.source = source
        self.target = target
    }
}

extension EntityShape {
    /// A column or expression and its type, domains stripped.
    package struct Field: Codable, Sendable, Equatable {
        package var sql: String
        package var type: UInt32
        /// `atttypmod`, −1 for none.
        package var modifier: Int32

        package init(sql: String, type: UInt32, modifier: Int32) {
            self.sql = sql
            self.type = type
            self.modifier = modifier
        }
    }

    /// A field whose type is another one now.
    package struct Change: Sendable, Equatable {
        package var sql: String
        package var was: Field
        package var now: Field
    }

    /// Describes what expressions over a FROM item yield; the sessions of both sides are asked the same way later.
    static func fields(
        of expressions: [String],
        from: String,
        _ connection: borrowing Connection
    ) throws(PostgresError) -> [Field] {
        var fields: [Field] = []
        for statement in ShapeQuery.statements(for: expressions, from: from) {
            let types = try connection.query(statement).columnTypes
            fields += zip(expressions[fields.count...], types)
                .map { Field(sql: $0, type: $1.oid, modifier: $1.modifier) }
        }
        return fields
    }
}
