/// A five-character SQLSTATE.
///
/// https://www.postgresql.org/docs/current/errcodes-appendix.html
package struct SQLState: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    package let rawValue: String

    /// Takes the five characters as the server sent them.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Names a state in code.
    package init(stringLiteral value: String) {
        self.rawValue = value
    }

    /// `no_data`: what a statement was to write is not there afterwards.
    package static let noData: SQLState = "02000"

    /// `datatype_mismatch`: a column has another type than the one that was counted on.
    package static let datatypeMismatch: SQLState = "42804"

    /// `unique_violation`: two rows have the same values where only one may.
    package static let uniqueViolation: SQLState = "23505"

    /// `lock_not_available`: a lock was waited for longer than `lock_timeout` allows.
    package static let lockNotAvailable: SQLState = "55P03"

    /// Of sessions that wait for each other, this one was chosen to give way.
    package static let deadlockDetected: SQLState = "40P01"

    /// The first two characters, which group related states.
    package var `class`: String { String(self.rawValue.prefix(2)) }

    /// Whether the state speaks of the surroundings (connection, resources, locks, operator) and not of the statement.
    package var isTransient: Bool {
        switch self.class {
        case "08", "40", "53", "57": true
        default: self == .lockNotAvailable || self == "25006" || self == "25P03"
        }
    }
}

extension SQLState: CustomStringConvertible {
    package var description: String { self.rawValue }
}
