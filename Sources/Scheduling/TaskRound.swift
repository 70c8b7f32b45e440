/// A round of an entity's tasks, which bring back what was dropped for its load; the next one begins when all of it has ended.
package enum TaskRound: String, Hashable, Sendable, Codable, CaseIterable {
    /// Builds indexes, side by side: before the entity settles, so that dependents find what is unique to be so.
    case indexes
    /// Makes constraints of unique indexes, one at a time: each wants the table for itself for a moment.
    case keys
    /// Adds foreign keys, one at a time in the whole pool: each locks two tables, and two of them deadlock.
    case foreignKeys
    /// Has foreign keys checked, one per table at a time: a second one would only wait for its lock.
    case validations

    /// Those of an entity that is not settled yet.
    static let beforeSettling: [TaskRound] = [.indexes, .keys]

    /// Those of an entity that has nothing left to fill; indexes and keys only where an index came late, by a retry.
    static let afterFilling: [TaskRound] = [.indexes, .keys, .foreignKeys, .validations]

    /// What follows a task of a kind, on the same object.
    static func following(_ kind: ShardKind) -> TaskRound? {
        switch kind {
        case .index: .keys
        case .constraint: .validations
        case .validate, .copy, .fill, .replay: nil
        }
    }
}
