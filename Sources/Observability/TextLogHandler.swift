package import Logging

/// Writes each event as one line for people: time, level, message, then `key=value` pairs.
package struct TextLogHandler: LogHandler {
    package var logLevel = Logger.Level.info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let output: LogOutput

    /// Writes to an output that may be shared.
    package init(output: LogOutput) {
        self.output = output
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let line = LogLine(event: event, metadata: self.metadata, provider: self.metadataProvider)
        let level = event.level.rawValue
        let padding = String(repeating: " ", count: max(0, 5 - level.count))
        // The quotes' escapes keep a message with a line feed on its line.
        let message = JSONText.string(event.message.description).dropFirst().dropLast()
            .replacing(#"\""#, with: #"""#)
        let fields = line.fields.map { "\($0.key)=\(Self.text($0.value))" }.joined(separator: " ")
        let separator = fields.isEmpty ? "" : "  "
        self.output.write("\(Timestamp.now) \(level)\(padding) \(message)\(separator)\(fields)")
    }

    /// A value without quotes where it needs none.
    private static func text(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string, .stringConvertible:
            let text = value.description
            let quoted = JSONText.string(text)
            let isPlain =
                quoted.utf8.count == text.utf8.count + 2 && !text.isEmpty && !text.contains(where: " =".contains)
            return isPlain ? text : quoted
        case .array, .dictionary:
            return JSONText.value(value)
        }
    }
}
