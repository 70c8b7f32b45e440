/// The `v5` strategy: RFC 9562 UUIDv5 of `owner:key` under the namespace, equal to
/// `uuid_generate_v5(namespace, 'orders:42')`.
package struct NamedUUID: Sendable {
    /// Namespace and `owner:`, then the digits of the key at hand; reused for every key.
    private var name: [UInt8]
    private let prefixCount: Int
    private var digest = [UInt8](repeating: 0, count: 20)

    package init(namespace: UUIDValue, owner: String) {
        self.name = namespace.bytes + Array(owner.utf8) + [UInt8(ascii: ":")]
        self.prefixCount = self.name.count
        self.name.reserveCapacity(self.prefixCount + 20)
    }

    /// The UUID of a key; mutating only because its buffers are reused.
    package mutating func uuid(of key: Int64) -> UUIDValue {
        self.name.removeSubrange(self.prefixCount...)
        self.appendDecimal(key)
        Digest.sha1(self.name, into: &self.digest)
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<8 {
            high = high << 8 | UInt64(self.digest[index])
            low = low << 8 | UInt64(self.digest[index + 8])
        }
        return UUIDValue(high: high & ~0xf000 | 0x5000, low: low & (1 << 62 - 1) | 1 << 63)
    }

    private mutating func appendDecimal(_ key: Int64) {
        if key < 0 { self.name.append(UInt8(ascii: "-")) }
        let start = self.name.count
        var rest = key.magnitude
        repeat {
            self.name.append(0x30 + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        self.name[start...].reverse()
    }
}
