/// The messages of one direction.
package protocol ProtocolMessage: Equatable, Sendable {
    /// The word for it on the wire, in logs and in the documentation.
    var typeName: String { get }
    /// Its fields.
    var body: any MessageBody { get }

    /// The message of that type; nil if this direction has none such.
    init?(typeName: String, body: MessageReader) throws(ProtocolError)
}

/// The fields of one message.
package protocol MessageBody: Codable, Equatable, Sendable {
    /// Whether the values make sense, as far as this can be told without knowing the sender.
    func validate() throws(ProtocolError)
}
