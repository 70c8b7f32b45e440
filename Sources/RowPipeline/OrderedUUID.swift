/// The `ordered` strategy: a UUIDv8 (RFC 9562) that sorts like the integer keys and needs no look-up.
///
///     custom_a, 48 bits: id + 2^47
///     version,   4 bits: 8
///     custom_b, 12 bits: the entity's tag
///     variant,   2 bits: 10
///     custom_c, 62 bits: the low 62 bits of hashint8extended(id, seed)
///
/// In SQL the upper half is `(id * 65536) # -2^63 | 32768 + tag` (the multiplication raises exactly where the id leaves
/// ±2^47) and the lower half `hashint8extended(id, seed) & (2^62 - 1) | -2^63`; see `IdentityFunctions`.
package struct OrderedUUID: Sendable, Equatable {
    /// 0...4095.
    package var tag: UInt16
    package var seed: UInt64

    /// The keys that fit: 48 bits, half of them negative, because real databases have ids 0 and -1.
    package static let keys: ClosedRange<Int64> = -(1 << 47)...((1 << 47) - 1)

    package init(tag: UInt16, seed: UInt64) {
        precondition(tag < 4096, "a tag has 12 bits")
        self.tag = tag
        self.seed = seed
    }

    /// The UUID of a key, nil for a key outside ±2^47.
    package func uuid(of key: Int64) -> UUIDValue? {
        guard Self.keys.contains(key) else { return nil }
        let custom = UInt64(bitPattern: key << 16) ^ (1 << 63)
        let hash = PostgresHash.int8(key, seed: self.seed)
        return UUIDValue(high: custom | 0x8000 | UInt64(self.tag), low: hash & (1 << 62 - 1) | 1 << 63)
    }

    /// The tag and the key inside a UUID of this form, nil for a UUID of another version or variant.
    package static func decode(_ uuid: UUIDValue) -> (tag: UInt16, key: Int64)? {
        guard uuid.high & 0xf000 == 0x8000, uuid.low >> 62 == 0b10 else { return nil }
        return (UInt16(uuid.high & 0xfff), Int64(bitPattern: uuid.high ^ (1 << 63)) >> 16)
    }

    /// The key of a UUID that this very function made: tag and hash are compared too.
    package func key(of uuid: UUIDValue) -> Int64? {
        guard let key = Self.decode(uuid)?.key, self.uuid(of: key) == uuid else { return nil }
        return key
    }
}
