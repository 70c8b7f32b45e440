/// The seed of an entity's ordered UUIDs.
///
/// The first eight bytes, most significant first, of SHA-256 over the namespace's sixteen bytes, the ASCII text
/// `godwit-seed:` and the entity's name in UTF-8. Only Swift derives it; SQL and the row program get the number.
package enum EntitySeed {
    /// The seed of an entity in a namespace.
    package static func derive(namespace: UUIDValue, entity: String) -> UInt64 {
        let digest = Digest.sha256(namespace.bytes + Array("godwit-seed:".utf8) + Array(entity.utf8))
        return digest[0..<8].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
