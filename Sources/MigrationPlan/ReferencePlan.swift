/// A reference to a parent row by its integer id.
package struct ReferencePlan: Sendable, Equatable {
    /// At least one, tried in order: the first whose condition holds decides.
    package var alternatives: [Alternative]
    package var onOrphan: OrphanPolicy
    /// Filled in a second pass, because the reference closes a cycle or points at its own table.
    ///
    /// Set by the dependency analysis or by `deferred: true`.
    package var isDeferred: Bool
}

extension ReferencePlan {
    /// One of the entities that a polymorphic reference may point at.
    package struct Alternative: Sendable, Equatable {
        /// The parent entity.
        package var entity: String
        /// The source expression that yields the parent's integer id.
        package var by: String
        /// A source condition; nil holds always.
        package var when: String?

        package init(entity: String, by: String, when: String?) {
            self.entity = entity
            self.by = by
            self.when = when
        }
    }

    /// What becomes of a row whose parent is not in the target.
    package enum OrphanPolicy: Sendable, Equatable, Codable {
        /// The row is rejected with reason `orphan`.
        case reject
        /// The column becomes NULL, counted.
        case null
        /// The column points at the parent row with this legacy id instead, counted.
        case placeholder(Int64)
        /// The shard stops.
        case fail
    }
}
