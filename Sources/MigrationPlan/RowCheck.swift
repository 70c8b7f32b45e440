/// A condition every row of an entity must meet, evaluated by the source.
package struct RowCheck: Sendable, Equatable {
    /// Appears in the reject's reason as `check:name`.
    package var name: String
    /// A boolean source expression; a row for which it is false is rejected (NULL passes, as in a CHECK constraint).
    package var sql: String
    package var position: Position
}
