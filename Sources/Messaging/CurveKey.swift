internal import CZeroMQ

/// A CURVE key, public or secret: 32 bytes as 40 characters of Z85; never printed.
package struct CurveKey: Hashable, Sendable, CustomStringConvertible {
    let text: String

    package init(_ text: String) throws(MessagingError) {
        var decoded = [UInt8](repeating: 0, count: 32)
        guard text.utf8.count == 40, zmq_z85_decode(&decoded, text) != nil else {
            throw MessagingError(.invalidKey, "a CURVE key has 40 characters of Z85")
        }
        self.text = text
    }

    package var description: String { "<key>" }
}
