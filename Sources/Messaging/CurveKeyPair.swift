internal import CZeroMQ

/// Who somebody is: a public key that others know, and the secret one that proves it.
package struct CurveKeyPair: Sendable {
    package let publicKey: CurveKey
    package let secretKey: CurveKey

    /// The pair of a secret key.
    package init(secretKey: CurveKey) throws(MessagingError) {
        var text = [CChar](repeating: 0, count: 41)
        guard zmq_curve_public(&text, secretKey.text) == 0 else { throw .last(attempting: "computing a public key") }
        self.publicKey = try CurveKey(Self.string(text))
        self.secretKey = secretKey
    }

    /// A new random pair.
    package static func random() throws(MessagingError) -> Self {
        var publicText = [CChar](repeating: 0, count: 41)
        var secretText = [CChar](repeating: 0, count: 41)
        guard zmq_curve_keypair(&publicText, &secretText) == 0 else { throw .last(attempting: "making a CURVE key") }
        return try Self(secretKey: CurveKey(Self.string(secretText)))
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
