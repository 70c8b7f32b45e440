package import FoundationEssentials

/// The claim of one worker on one attempt at a shard; a new one for every grant.
package struct LeaseID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
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
