import ArgumentParser

/// How long ago something was, on the command line: `90m`, `12h`, `30d`; it has a unit, since what it chooses is gone.
struct Age: ExpressibleByArgument {
    var duration: Duration

    init?(argument text: String) {
        guard let duration = Duration(argument: text, in: [.seconds, .minutes, .hours, .days]) else { return nil }
        self.duration = duration
    }
}
