/// Where an entity's UUIDs come from.
package enum IdentityStrategy: Sendable, Equatable, Codable {
    /// UUIDv8 that keeps the order of the integer keys.
    case ordered
    /// RFC 9562 name-based UUID over the namespace and `entity:id`.
    case v5
    /// Random; the map lives in the target.
    case v4
    /// Time-ordered; the map lives in the target.
    case v7
    /// Found in the target by the `legacy` column, because an earlier tool made it.
    case stored
    /// The UUID that another entity gives to the same key.
    case sameAs(String)
}
