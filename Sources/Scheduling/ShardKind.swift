/// What a shard's work is.
package enum ShardKind: String, Sendable, Codable {
    /// Copies the rows of a key range.
    case copy
    /// Fills the deferred references of rows that an earlier shard copied.
    case fill
    /// Migrates rows that were rejected before, by their keys.
    case replay
}
