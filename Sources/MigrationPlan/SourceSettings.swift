/// The `source:` section.
package struct SourceSettings: Sendable, Equatable {
    /// Schema of unqualified source tables.
    package var schema: String
    /// The IANA zone that the source's `timestamp` columns are in, nil where the plan does not say.
    package var timeZone: String?
    package var position: Position
}
