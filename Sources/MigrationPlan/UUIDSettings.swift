/// The plan's `uuid:` section: the strategy entities have by default, and the namespace.
package struct UUIDSettings: Sendable, Equatable {
    package var strategy: IdentityStrategy
    /// 36-character lowercase UUID that keeps this plan's UUIDs apart from every other plan's.
    package var namespace: String
    package var position: Position
}
