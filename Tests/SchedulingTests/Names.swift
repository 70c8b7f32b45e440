import FoundationEssentials

@testable import Scheduling

/// The n-th identifier of its kind; equal in every run of the tests.
private func identifier(_ kind: UInt8, _ n: Int) -> UUID {
    let bits = UInt32(truncatingIfNeeded: n)
    let low = (
        UInt8(bits >> 24), UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8),
        UInt8(truncatingIfNeeded: bits)
    )
    return UUID(uuid: (kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, low.0, low.1, low.2, low.3))
}

extension LeaseID: ExpressibleByIntegerLiteral {
    package init(integerLiteral n: Int) { self.init(n) }
    init(_ n: Int) { self.init(rawValue: identifier(1, n)) }
}

extension Incarnation: ExpressibleByIntegerLiteral {
    package init(integerLiteral n: Int) { self.init(n) }
    init(_ n: Int) { self.init(rawValue: identifier(2, n)) }
}

extension ShardID: ExpressibleByIntegerLiteral {
    package init(integerLiteral n: Int) { self.init(rawValue: Int64(n)) }
}

extension EntityName: ExpressibleByStringLiteral {
    package init(stringLiteral name: String) { self.init(rawValue: name) }
}

extension ContinuousClock.Instant {
    /// Seconds after an arbitrary start.
    static func at(_ seconds: Double) -> Self { Self.origin + .seconds(seconds) }
    static let origin = ContinuousClock.now
}
