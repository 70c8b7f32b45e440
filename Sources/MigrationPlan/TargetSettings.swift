/// The `target:` section.
package struct TargetSettings: Sendable, Equatable {
    /// Schema of unqualified target tables.
    package var schema: String
    package var position: Position
}
