package import FoundationEssentials

/// A worker's public CURVE key, as the allow-list has it.
package struct KeyRecord: Sendable, Codable, Equatable {
    /// The name of the worker, or what the names of several begin with.
    package var name: String
    /// 40 characters of Z85.
    package var publicKey: String
    package var authorisedBy: String
    package var authorisedAt: Date
    package var revokedBy: String?
    package var revokedAt: Date?

    package init(
        name: String,
        publicKey: String,
        authorisedBy: String,
        authorisedAt: Date,
        revokedBy: String? = nil,
        revokedAt: Date? = nil
    ) {
        self.name = name
        self.publicKey = publicKey
        self.authorisedBy = authorisedBy
        self.authorisedAt = authorisedAt
        self.revokedBy = revokedBy
        self.revokedAt = revokedAt
    }

    /// Whether its holder may take part.
    package var isAuthorised: Bool { self.revokedAt == nil }
}
