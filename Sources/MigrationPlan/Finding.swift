/// Something about a plan, or about a plan and its databases, that its author should know.
package struct Finding: Sendable, Equatable {
    package var severity: Severity
    /// Stable and greppable, in kebab case: `unknown-key`, `missing-column`.
    package var code: String
    /// What is wrong, naming entity and column.
    package var message: String
    /// What to do about it.
    package var hint: String?
    package var position: Position

    package init(_ severity: Severity, _ code: String, _ message: String, hint: String? = nil, at position: Position) {
        self.severity = severity
        self.code = code
        self.message = message
        self.hint = hint
        self.position = position
    }
}

extension Finding {
    /// How much a finding matters.
    package enum Severity: String, Sendable, Equatable, Comparable, Codable {
        case note
        case warning
        case error

        package static func < (left: Self, right: Self) -> Bool {
            left.rank < right.rank
        }

        private var rank: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .error: 2
            }
        }
    }
}
