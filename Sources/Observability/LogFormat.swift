package import Logging

/// How log lines are written.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line, for log collectors.
    case json
    /// One line of text, for people.
    case text
}

/// Makes a logger that writes whole lines, by default to standard error.
///
/// It needs no process-wide bootstrap, so a test can have its own.
package func makeLogger(
    label: String,
    format: LogFormat,
    level: Logger.Level = .info,
    metadata: Logger.Metadata = [:],
    output: LogOutput = .standardError
) -> Logger {
    var logger =
        switch format {
        case .json: Logger(label: label) { _ in JSONLogHandler(output: output) }
        case .text: Logger(label: label) { _ in TextLogHandler(output: output) }
        }
    logger.logLevel = level
    for (key, value) in metadata { logger[metadataKey: key] = value }
    return logger
}
