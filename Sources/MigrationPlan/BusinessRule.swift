/// A rule of the `rules:` section; its SQL yields the offending rows.
package struct BusinessRule: Sendable, Equatable {
    package var name: String
    package var entity: String
    package var moment: Moment
    package var sql: String
    package var position: Position
}

extension BusinessRule {
    /// When a rule is asked.
    package enum Moment: String, Sendable, Equatable, Codable {
        case before
        case after
        case delete
    }
}
