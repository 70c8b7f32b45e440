package import Logging

/// Writes each event as one JSON object on a line of its own: `ts`, `level`, `message`, then the metadata.
package struct JSONLogHandler: LogHandler {
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
        let head = [
            "\"ts\":\"\(Timestamp.now)\"", "\"level\":\"\(event.level)\"",
            "\"message\":" + JSONText.string(event.message.description),
        ]
        let fields = line.fields.map { key, value in
            // A second `ts` would hide the first from most readers.
            let name = ["ts", "level", "message"].contains(key) ? "metadata." + key : key
            return JSONText.string(name) + ":" + JSONText.value(value)
        }
        self.output.write("{" + (head + fields).joined(separator: ",") + "}")
    }
}
