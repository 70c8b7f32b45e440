/// A message with its header.
package struct Envelope<Message: ProtocolMessage>: Equatable, Sendable {
    package var header: MessageHeader
    package var message: Message

    package init(header: MessageHeader, message: Message) {
        self.header = header
        self.message = message
    }
}
