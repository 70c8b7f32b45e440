import ArgumentParser

/// A time as it is written on the command line: a whole number and `ms`, `s`, `m` or `h`; a bare number is seconds.
struct TimeSpan: ExpressibleByArgument, Equatable {
    var duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        // Longer spans are typing errors, and a million hours still fit into a Duration.
        guard let number = Int(digits), number <= 1_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": self.duration = .milliseconds(number)
        case "", "s": self.duration = .seconds(number)
        case "m": self.duration = .seconds(number * 60)
        case "h": self.duration = .seconds(number * 3600)
        default: return nil
        }
    }

    var defaultValueDescription: String {
        let (seconds, fraction) = self.duration.components
        return fraction == 0 ? "\(seconds)s" : "\(Int(self.duration / .milliseconds(1)))ms"
    }
}
