internal import CZeroMQ

/// A CURVE key, public or secret: 32 bytes as 40 characters of Z85; printing one shows nothing of it.
package struct CurveKey: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The key itself; a secret one goes nowhere but into its file and libzmq.
    package let text: String

    package init(_ text: String) throws(MessagingError) {
        var decoded = [UInt8](repeating: 0, count: 32)
        guard text.utf8.count == 40, zmq_z85_decode(&decoded, text) != nil else {
            throw MessagingError(.invalidKey, "a CURVE key has 40 characters of Z85")
        }
        self.text = text
    }

    /// Of a key's 32 bytes, as a client shows it to a ZAP handler; nil for any other number of them.
    init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        var text = [CChar](repeating: 0, count: 41)
        guard zmq_z85_encode(&text, bytes, bytes.count) != nil else { return nil }
        self.text = String(decoding: text.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package var description: String { "<key>" }

    /// Keeps reflection (`dump`, test failures) from showing it.
    package var customMirror: Mirror { Mirror(self, children: ["description": self.description]) }
}
