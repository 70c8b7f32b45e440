import Logging

/// What both formats write: the event, and all metadata merged and flat.
struct LogLine {
    /// Keys in alphabetical order; nested dictionaries as dotted keys.
    let fields: [(key: String, value: Logger.MetadataValue)]

    /// Merges metadata; what is nearer to the event wins.
    init(event: LogEvent, metadata: Logger.Metadata, provider: Logger.MetadataProvider?) {
        var merged = metadata
        merged.merge(provider?.get() ?? [:]) { _, nearer in nearer }
        merged.merge(event.metadata ?? [:]) { _, nearer in nearer }
        if let error = event.error, merged[LogKey.error.rawValue] == nil {
            merged[LogKey.error.rawValue] = .string("\(error)")
        }
        self.fields = Self.flat(merged, prefix: "").sorted { $0.key < $1.key }
    }

    private static func flat(
        _ metadata: Logger.Metadata,
        prefix: String
    ) -> [(key: String, value: Logger.MetadataValue)] {
        metadata.flatMap { key, value in
            if case .dictionary(let nested) = value { return Self.flat(nested, prefix: prefix + key + ".") }
            return [(prefix + key, value)]
        }
    }
}
