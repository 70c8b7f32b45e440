/// An index or a constraint of a target table that is dropped before the load and comes back after it, exactly as it was.
package struct DeferredObject: Codable, Sendable, Equatable {
    package var kind: Kind
    /// Bare.
    package var name: String
    /// A condition on the target's catalog: whether it is still what it was when the plan was resolved.
    ///
    /// Where it is not, it is somebody's change and stays in place.
    package var isUnchanged: String
    /// One statement, with everything in it qualified.
    package var drop: String
    /// What brings it back, in this order.
    package var steps: [Step]
}

extension DeferredObject {
    package enum Kind: String, Codable, Sendable {
        case index
        case unique
        case primaryKey = "primary key"
        case foreignKey = "foreign key"
    }

    /// One statement on the way back; each is a transaction of its own.
    package struct Step: Codable, Sendable, Equatable {
        package var kind: Kind
        package var sql: String

        package init(_ kind: Kind, _ sql: String) {
            self.kind = kind
            self.sql = sql
        }

        package enum Kind: String, Codable, Sendable {
            /// Builds the index.
            case index
            /// Makes a constraint of the index, or adds the foreign key unchecked.
            case constraint
            /// Has the rows compared with the foreign key.
            case validate
        }
    }
}

/// An index or a constraint of a target table that stays in place during the load, and why.
package struct KeptObject: Codable, Sendable, Equatable {
    /// Bare.
    package var name: String
    package var reason: String

    package init(_ name: String, _ reason: String) {
        self.name = name
        self.reason = reason
    }
}
