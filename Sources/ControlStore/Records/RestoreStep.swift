package import Scheduling

/// One statement on the way back of something that is off during the load.
package struct RestoreStep: Sendable, Codable, Equatable {
    package var kind: Kind
    /// One statement, with everything in it qualified.
    package var sql: String

    package init(_ kind: Kind, _ sql: String) {
        self.kind = kind
        self.sql = sql
    }
}

extension RestoreStep {
    /// What a step does, which says when it may be done.
    package enum Kind: String, Sendable, Codable {
        /// Builds an index.
        case index
        /// Makes a constraint of an index, or adds a foreign key.
        case constraint
        /// Has the rows compared with a foreign key that was added unchecked.
        case validate
        /// Switches a trigger on.
        case trigger

        /// What the shard that does it is, nil where the coordinator does it itself.
        package var shardKind: ShardKind? {
            switch self {
            case .index: .index
            case .constraint: .constraint
            case .validate: .validate
            case .trigger: nil
            }
        }
    }
}
