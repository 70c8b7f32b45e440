import CCrypto

/// libcrypto's one-shot digests, which `libpq` brings along anyway.
enum Digest {
    /// SHA-1 of the bytes into a buffer of 20 bytes that the caller reuses.
    static func sha1(_ bytes: [UInt8], into digest: inout [UInt8]) {
        precondition(digest.count >= 20, "a SHA-1 digest has 20 bytes")
        _ = SHA1(bytes, bytes.count, &digest)
    }

    /// SHA-256 of the bytes.
    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = SHA256(bytes, bytes.count, &digest)
        return digest
    }
}
