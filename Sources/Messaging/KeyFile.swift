internal import Glibc

/// A file that holds a key: a few lines of a word and its value, `name worker-1`, `public-key …`, `secret-key …`.
///
/// A secret key's file is made with mode 0600 in a directory of mode 0700, and refused when others could read it.
package enum KeyFile {
    /// What a public key's file says.
    package struct Public: Sendable, Equatable {
        /// Whose key it is.
        package let name: String
        package let key: CurveKey
    }

    /// What a secret key's file says.
    package struct Secret: Sendable {
        /// Whose key it is.
        package let name: String
        package let pair: CurveKeyPair
    }

    /// The coordinator's files are named so; no worker's key can be.
    package static let coordinatorName = "coordinator"

    /// Whether a key may have the name: it begins a worker's name and a file's.
    package static func isName(_ text: String) -> Bool {
        text.utf8.count <= 63 && text.utf8.first.map { Self.isWord($0) } == true
            && text.utf8.allSatisfy { Self.isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    /// Makes a new pair and writes `NAME.key` (secret) and `NAME.pub`; what is there already stays.
    ///
    /// - Returns: The paths of both files.
    package static func generate(
        _ name: String,
        in directory: String
    ) throws(MessagingError) -> (secret: String, public: String) {
        try Self.prepare(directory)
        let pair = try CurveKeyPair.random()
        let paths = ("\(directory)/\(name).key", "\(directory)/\(name).pub")
        let lines = "name \(name)\npublic-key \(pair.publicKey.text)\n"
        try Self.create(
            paths.0,
            mode: 0o600,
            "# Secret CURVE key of Godwit: stays on this host, readable by its user alone.\n\(lines)secret-key \(pair.secretKey.text)\n"
        )
        try Self.create(paths.1, mode: 0o644, "# Public CURVE key of Godwit: may be copied.\n\(lines)")
        return paths
    }

    /// Reads a public key's file, or the public half of a secret one's.
    package static func readPublic(_ path: String) throws(MessagingError) -> Public {
        let (values, status) = try Self.read(path)
        // Whoever can change it chooses who is trusted.
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw MessagingError(.keyFile, "others can write the key file \(path): chmod go-w '\(path)'")
        }
        guard let name = values["name"], Self.isName(name), let text = values["public-key"],
            let key = try? CurveKey(text)
        else {
            throw MessagingError(.keyFile, "\(path) is no key file: it needs the lines 'name' and 'public-key'")
        }
        return Public(name: name, key: key)
    }

    /// Reads a public key that is given as itself or as its file.
    ///
    /// - Returns: The key, and the name its file says.
    /// - Throws: `invalidKey` for a secret key's file: it has no business where public keys are passed around.
    package static func readPublic(keyOrFile text: String) throws(MessagingError) -> (name: String?, key: CurveKey) {
        // The file first: a path of 40 characters may be a key as far as its letters tell.
        if access(text, F_OK) != 0, let key = try? CurveKey(text) { return (nil, key) }
        let file = try Self.readPublic(text)
        guard try Self.read(text).values["secret-key"] == nil else {
            throw MessagingError(
                .invalidKey,
                "\(text) has the secret key of \(file.name), which stays on its host: give \(file.name).pub"
            )
        }
        return (file.name, file.key)
    }

    /// Reads a secret key's file; refuses one that others can read.
    package static func readSecret(_ path: String) throws(MessagingError) -> Secret {
        let (values, status) = try Self.read(path)
        try Self.refuseExposed(path, status)
        guard let name = values["name"], Self.isName(name), let text = values["secret-key"],
            let secret = try? CurveKey(text)
        else {
            throw MessagingError(.keyFile, "\(path) is no secret key file: it needs the lines 'name' and 'secret-key'")
        }
        return Secret(name: name, pair: try CurveKeyPair(secretKey: secret))
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
