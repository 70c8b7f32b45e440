/// The `v4` and `v7` strategies: made when a row is first written, remembered only by the target.
package enum GeneratedUUID {
    /// A random UUID.
    package static func v4() -> UUIDValue {
        var generator = SystemRandomNumberGenerator()
        return UUIDValue(
            high: generator.next() & ~0xf000 | 0x4000,
            low: generator.next() & (1 << 62 - 1) | 1 << 63
        )
    }

    /// A UUID that begins with the milliseconds since 1970 (48 bits); the rest is random.
    package static func v7(milliseconds: UInt64) -> UUIDValue {
        var generator = SystemRandomNumberGenerator()
        return UUIDValue(
            high: milliseconds << 16 | 0x7000 | generator.next() & 0xfff,
            low: generator.next() & (1 << 62 - 1) | 1 << 63
        )
    }
}
