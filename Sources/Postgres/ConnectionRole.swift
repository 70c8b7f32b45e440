/// What a connection is for; it decides the session settings.
package enum ConnectionRole: String, Sendable {
    /// Reads the legacy database; may hold a snapshot for hours.
    case source
    /// Writes the modern database.
    case target
    /// Works on the control schema.
    case control

    /// The database as a person names it.
    var database: String { self == .control ? "target" : self.rawValue }
}
