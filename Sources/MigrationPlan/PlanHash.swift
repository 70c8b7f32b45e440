internal import CCrypto

/// SHA-256 of plan texts and names.
package enum PlanHash {
    /// SHA-256 of a text's UTF-8 bytes, 64 lowercase hexadecimal digits.
    package static func hex(of text: String) -> String {
        let digits = Array("0123456789abcdef")
        var hex = ""
        for byte in Self.digest(of: text) {
            hex.append(digits[Int(byte >> 4)])
            hex.append(digits[Int(byte & 15)])
        }
        return hex
    }

    /// The tag an `ordered` entity has until the plan states one: the first 12 bits of its name's SHA-256.
    package static func tag(for entity: String) -> UInt16 {
        let digest = Self.digest(of: entity)
        return UInt16(digest[0]) << 4 | UInt16(digest[1] >> 4)
    }

    private static func digest(of text: String) -> [UInt8] {
        let input = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        _ = SHA256(input, input.count, &digest)
        return digest
    }
}
