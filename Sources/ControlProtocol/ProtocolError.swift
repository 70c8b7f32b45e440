/// A message that does not keep to the protocol, from a peer or about to be sent to one.
package struct ProtocolError: Error, Equatable, Sendable, CustomStringConvertible {
    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }

    /// In what the message fails.
    package enum Code: Equatable, Sendable {
        /// Not the frames of this protocol at all.
        case notGodwit
        /// A protocol version this build does not speak.
        case unsupportedVersion(UInt8)
        /// A message type this build does not know.
        case unknownType
        /// Too large, too deep or too long.
        case overLimit
        /// Not JSON, or fields are missing or of the wrong type.
        case malformed
        /// A field has a value that makes no sense.
        case invalidValue
    }
}
