public import ArgumentParser
public import Logging
import Observability

struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Least level that is logged: trace, debug, info, notice, warning, error (default: info; notice under a display).",
            valueName: "level"
        )
    )
    var logLevel: Logger.Level?

    @Option(help: ArgumentHelp("Form of the log lines on standard error: text or json.", valueName: "format"))
    var logFormat: LogFormat = .text

    func logger(_ label: String) -> Logger {
        makeLogger(label: label, format: self.logFormat, level: self.logLevel ?? .info)
    }

    /// The options that give a child the same log, or one that leaves a display room.
    func arguments(underDisplay: Bool) -> [String] {
        let level = self.logLevel ?? (underDisplay ? .notice : .info)
        return ["--log-level", level.rawValue, "--log-format", self.logFormat.rawValue]
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}
