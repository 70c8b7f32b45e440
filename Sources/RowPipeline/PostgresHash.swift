/// PostgreSQL's own hash functions, bit for bit, so that Swift and SQL compute the same UUIDs.
///
/// They are Bob Jenkins' lookup3 as `src/common/hashfn.c` has it; the values are part of the on-disk format of hash
/// partitions there and therefore stable between versions (and the same on both byte orders, for integers).
enum PostgresHash {
    /// `hashint8extended(value, seed)`, with the same bits as SQL's bigint result.
    static func int8(_ value: Int64, seed: UInt64) -> UInt64 {
        let bits = UInt64(bitPattern: value)
        let upper = UInt32(truncatingIfNeeded: bits >> 32)
        let folded = UInt32(truncatingIfNeeded: bits) ^ (value >= 0 ? upper : ~upper)
        return self.uint32(folded, seed: seed)
    }

    /// `hash_bytes_uint32_extended(value, seed)`.
    static func uint32(_ value: UInt32, seed: UInt64) -> UInt64 {
        var a: UInt32 = 0x9e37_79b9 &+ 4 &+ 3_923_095
        var b = a
        var c = a
        if seed != 0 {
            a &+= UInt32(truncatingIfNeeded: seed >> 32)
            b &+= UInt32(truncatingIfNeeded: seed)
            self.mix(&a, &b, &c)
        }
        a &+= value
        self.finish(&a, &b, &c)
        return UInt64(b) << 32 | UInt64(c)
    }

    private static func mix(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
        a = (a &- c) ^ self.rotate(c, 4)
        c &+= b
        b = (b &- a) ^ self.rotate(a, 6)
        a &+= c
        c = (c &- b) ^ self.rotate(b, 8)
        b &+= a
        a = (a &- c) ^ self.rotate(c, 16)
        c &+= b
        b = (b &- a) ^ self.rotate(a, 19)
        a &+= c
        c = (c &- b) ^ self.rotate(b, 4)
        b &+= a
    }

    private static func finish(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
        c = (c ^ b) &- self.rotate(b, 14)
        a = (a ^ c) &- self.rotate(c, 11)
        b = (b ^ a) &- self.rotate(a, 25)
        c = (c ^ b) &- self.rotate(b, 16)
        a = (a ^ c) &- self.rotate(c, 4)
        b = (b ^ a) &- self.rotate(a, 14)
        c = (c ^ b) &- self.rotate(b, 24)
    }

    private static func rotate(_ value: UInt32, _ distance: UInt32) -> UInt32 {
        value << distance | value >> (32 - distance)
    }
}
