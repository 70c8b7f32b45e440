internal import FoundationEssentials

/// The body of a message, not yet decoded: which fields it should have, its type decides.
package struct MessageReader {
    let bytes: [UInt8]

    /// Decodes and validates it.
    package func read<Body: MessageBody>(_ type: Body.Type = Body.self) throws(ProtocolError) -> Body {
        let body = try Self.decode(type, from: self.bytes, limit: Limits.bodyBytes, part: "body")
        try body.validate()
        return body
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type,
        from bytes: [UInt8],
        limit: Int,
        part: String
    ) throws(ProtocolError) -> Value {
        guard bytes.count <= limit else { throw ProtocolError(.overLimit, "the \(part) is larger than \(limit) bytes") }
        guard JSONShape.nesting(of: bytes) <= Limits.nesting else {
            throw ProtocolError(.overLimit, "the \(part) is nested deeper than \(Limits.nesting)")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw ProtocolError(.malformed, "the \(part) can't be read: \(Limits.clip("\(error)", to: 300))")
        }
    }
}
