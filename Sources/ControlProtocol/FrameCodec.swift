internal import FoundationEssentials

/// Messages to and from the frames `GDW` + version, header, body; header and body are JSON objects.
///
/// Fields that are not known are ignored, so a newer peer may add some. Decoding takes bytes from anybody: it throws,
/// whatever they are.
package enum FrameCodec {
    private static let magic = Array("GDW".utf8)

    /// The frames of a message; throws if it breaks a limit that its receiver would refuse it for.
    package static func encode<Message>(
        _ envelope: Envelope<Message>,
        version: UInt8 = ProtocolVersions.supported.maximum
    ) throws(ProtocolError) -> [[UInt8]] {
        try envelope.header.validate()
        try envelope.message.body.validate()
        let header = TypedHeader(type: envelope.message.typeName, header: envelope.header)
        return [
            self.magic + [version],
            try self.json(header, limit: Limits.headerBytes),
            try self.json(envelope.message.body, limit: Limits.bodyBytes),
        ]
    }

    /// Reads a worker's message, at the coordinator.
    package static func decodeWorkerMessage(_ frames: [[UInt8]]) throws(ProtocolError) -> Envelope<WorkerMessage> {
        try self.decode(frames)
    }

    /// Reads a coordinator's message, at a worker.
    package static func decodeCoordinatorMessage(
        _ frames: [[UInt8]]
    ) throws(ProtocolError) -> Envelope<CoordinatorMessage> {
        try self.decode(frames)
    }

    private static func decode<Message>(_ frames: [[UInt8]]) throws(ProtocolError) -> Envelope<Message> {
        guard let first = frames.first, first.count == 4, first.starts(with: self.magic) else {
            throw ProtocolError(.notGodwit, "the first frame is not GDW and a version")
        }
        guard ProtocolVersions.supported.contains(first[3]) else {
            throw ProtocolError(
                .unsupportedVersion(first[3]),
                "protocol version \(first[3]) is not spoken by this build"
            )
        }
        guard frames.count == 3 else {
            throw ProtocolError(.notGodwit, "\(frames.count) frames where 3 make a message")
        }
        let typed = try MessageReader.decode(
            TypedHeader.self,
            from: frames[1],
            limit: Limits.headerBytes,
            part: "header"
        )
        try typed.header.validate()
        guard let message = try Message(typeName: typed.type, body: MessageReader(bytes: frames[2])) else {
            throw ProtocolError(.unknownType, "unknown message type '\(Limits.clip(typed.type, to: 40))'")
        }
        return Envelope(header: typed.header, message: message)
    }

    private static func json(_ value: some Encodable, limit: Int) throws(ProtocolError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes: [UInt8]
        do {
            bytes = Array(try encoder.encode(value))
        } catch {
            throw ProtocolError(.invalidValue, "a message can't be written: \(Limits.clip("\(error)", to: 300))")
        }
        guard bytes.count <= limit else { throw ProtocolError(.overLimit, "a message is larger than \(limit) bytes") }
        return bytes
    }
}
