public import ArgumentParser
public import Logging
import Observability

struct LogOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Least level that is logged: trace, debug, info, notice, warning, error.", valueName: "level"))
    var logLevel: Logger.Level = .info

    @Option(help: ArgumentHelp("Form of the log lines on standard error: text or json.", valueName: "format"))
    var logFormat: LogFormat = .text

    func logger(_ label: String) -> Logger {
        makeLogger(label: label, format: self.logFormat, level: self.logLevel)
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}
