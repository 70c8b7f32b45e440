/// The header as it is on the wire, where the type stands among its fields.
struct TypedHeader: Codable {
    var type: String
    var header: MessageHeader

    init(type: String, header: MessageHeader) {
        self.type = type
        self.header = header
    }

    init(from decoder: any Decoder) throws {
        self.type = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .type)
        self.header = try MessageHeader(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.type, forKey: .type)
        try self.header.encode(to: encoder)
    }

    private enum CodingKeys: String, CodingKey {
        case type
    }
}
