/// The versions of the protocol one build speaks, first and last.
package struct ProtocolVersions: Equatable, Sendable, Codable {
    package var minimum: UInt8
    package var maximum: UInt8

    package init(minimum: UInt8, maximum: UInt8) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Those of this build.
    ///
    /// One version back stays supported, so that a pool can be upgraded machine by machine.
    package static let supported = Self(minimum: 1, maximum: 1)

    /// Whether this build speaks a version.
    package func contains(_ version: UInt8) -> Bool {
        self.minimum <= version && version <= self.maximum
    }

    /// The version two peers talk: the newest both speak; nil when they have none in common.
    package func highestCommon(with other: Self) -> UInt8? {
        let version = min(self.maximum, other.maximum)
        return self.contains(version) && other.contains(version) ? version : nil
    }
}
