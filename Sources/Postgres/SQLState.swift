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

    /// The classes that PostgreSQL gives a meaning, up to 18; the appendix lists them.
    private static let definedClasses: Set<String> = [
        "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23", "24",
        "25", "26",
        "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44", "53", "54", "55", "57",
        "58", "72",
        "F0", "HV", "P0", "XX",
    ]

    /// Whether a function of somebody's made the state up: PostgreSQL itself never reports one of its class.
    ///
    /// https://www.postgresql.org/docs/15/plpgsql-errors-and-messages.html
    package var isMadeUp: Bool { self.rawValue.utf8.count == 5 && !Self.definedClasses.contains(self.class) }

    /// A PL/pgSQL condition: the state of the error at hand is of one of these classes, or made up.
    package static func isMadeUp(orOf classes: [String]) -> String {
        let meaningful = Self.definedClasses.subtracting(classes).sorted().map { "'\($0)'" }
        return "left(SQLSTATE, 2) NOT IN (\(meaningful.joined(separator: ", ")))"
    }

    /// Whether the state speaks of the surroundings (connection, resources, locks, operator) and not of the statement.
    package var isTransient: Bool {
        switch self.class {
        case "08", "40", "57": true
        // A limit that somebody has set, such as `temp_file_limit`, stays where it is.
        case "53": self != "53400"
        default: self == .lockNotAvailable || self == "25006" || self == "25P03"
        }
    }
}

extension SQLState: CustomStringConvertible {
    package var description: String { self.rawValue }
}
