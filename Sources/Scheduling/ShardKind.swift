/// What a shard's work is.
package enum ShardKind: String, Sendable, Codable {
    /// Copies the rows of a key range.
    case copy
    /// Fills the deferred references of rows that an earlier shard copied.
    case fill
    /// Migrates rows that were rejected before, by their keys.
    case replay
    /// Builds an index that was off during the load.
    case index
    /// Makes a constraint of such an index, or adds a foreign key that was off.
    case constraint
    /// Has the rows compared with a foreign key that was added unchecked.
    case validate

    /// Whether it is one step of bringing something of the target back, which moves no rows and has no keys.
    package var isTask: Bool {
        switch self {
        case .copy, .fill, .replay: false
        case .index, .constraint, .validate: true
        }
    }
}
