import ArgumentParser

/// A time as it is written on the command line: a whole number and `ms`, `s`, `m` or `h`; a bare number is seconds.
struct TimeSpan: ExpressibleByArgument, Equatable {
    var duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument text: String) {
        let units: Set<TimeUnit> = [.milliseconds, .seconds, .minutes, .hours]
        guard let duration = Duration(argument: text, in: units, bare: .seconds) else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String {
        let (seconds, fraction) = self.duration.components
        return fraction == 0 ? "\(seconds)s" : "\(Int(self.duration / .milliseconds(1)))ms"
    }
}
