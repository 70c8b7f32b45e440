/// How an entity's UUIDs come from its integer keys, resolved: `same_as` chains are followed to the entity that rules.
package struct EntityIdentity: Codable, Sendable, Equatable {
    package var strategy: Strategy
    /// The entity whose UUIDs these are; differs from the entity itself under `same_as`.
    package var owner: String

    package init(strategy: Strategy, owner: String) {
        self.strategy = strategy
        self.owner = owner
    }
}

extension EntityIdentity {
    /// Where UUIDs come from, with all it takes to make them.
    package enum Strategy: Codable, Sendable, Equatable {
        /// UUIDv8, see `OrderedUUID`: the tag is 0...4095, the seed drawn from namespace and entity.
        case ordered(tag: UInt16, seed: UInt64)
        /// UUIDv5 of `owner:key` under the namespace (16 bytes).
        case v5(namespace: [UInt8])
        /// Random, made when the row is first written; the target's table is the map.
        case v4
        /// Time-ordered, made when the row is first written; the target's table is the map.
        case v7
        /// Read from the target's table, which an earlier tool filled; random for the rows it did not bring.
        case stored
    }
}
