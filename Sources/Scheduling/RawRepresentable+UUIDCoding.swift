package import FoundationEssentials

/// Identifiers are coded as the lowercase text PostgreSQL prints, like the ones whose raw value is a string.
extension RawRepresentable where Self: Codable {
    package init(from decoder: any Decoder) throws where RawValue == UUID {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = UUID(uuidString: text).flatMap(Self.init(rawValue:)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws where RawValue == UUID {
        var container = encoder.singleValueContainer()
        try container.encode(self.rawValue.uuidString.lowercased())
    }
}
