import Foundation

/// What `--json` prints: snake_case keys in a fixed order, times in UTC, one document or one document a line.
enum JSONOutput {
    /// Prints a document over several lines.
    static func print(_ value: some Encodable) throws {
        StandardOutput.write(try Self.text(value, pretty: true) + "\n")
    }

    /// Prints a document as one line, for streams of them.
    static func printLine(_ value: some Encodable) throws {
        StandardOutput.write(try Self.text(value, pretty: false) + "\n")
    }

    static func text(_ value: some Encodable, pretty: Bool) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
