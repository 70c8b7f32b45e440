package import FoundationEssentials

/// One execution of a plan.
package struct RunID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    package var rawValue: UUID

    package init(rawValue: UUID) {
        self.rawValue = rawValue
    }

    package init?(_ text: String) {
        guard let value = UUID(uuidString: text) else { return nil }
        self.rawValue = value
    }

    /// A new random one.
    package static func random() -> Self {
        Self(rawValue: UUID())
    }

    /// Lowercase, 36 characters, as PostgreSQL prints it.
    package var description: String { self.rawValue.uuidString.lowercased() }
}
