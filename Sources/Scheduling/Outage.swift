/// How to live through a database that does not answer: when to try again, and when to tell people.
///
/// Reads no clock; whoever waits interprets its actions.
package struct Outage: Sendable, Equatable {
    package typealias Instant = ContinuousClock.Instant

    /// When the database was first missed.
    package let since: Instant
    private var nextAlert: Instant
    private var nextAttempt: Instant
    private var failures = 0
    private var isTrying = false

    package init(since: Instant) {
        self.since = since
        self.nextAlert = since
        self.nextAttempt = since
    }

    /// What the time calls for.
    package mutating func tick(now: Instant) -> [Action] {
        var actions: [Action] = []
        if now >= self.nextAlert {
            self.nextAlert = now + Self.alertInterval
            actions.append(.alert(lasting: now - self.since))
        }
        if now >= self.nextAttempt, !self.isTrying {
            self.isTrying = true
            actions.append(.attempt)
        }
        return actions
    }

    /// The last attempt got no answer.
    ///
    /// - Parameters:
    ///   - now: The clock of the process.
    ///   - jitter: 0...1, spreads the attempts of many processes.
    package mutating func attemptFailed(now: Instant, jitter: Double) {
        self.isTrying = false
        let full = min(Self.firstDelay * (1 << min(self.failures, 10)), Self.longestDelay)
        self.failures += 1
        self.nextAttempt = now + full * (0.5 + 0.5 * min(max(jitter, 0), 1))
    }

    /// Between two alerts about the same outage: seldom enough to leave the log readable.
    private static let alertInterval = Duration.seconds(60)
    /// The wait after the first attempt; doubles with each.
    private static let firstDelay = Duration.milliseconds(500)
    /// The longest wait: as long as the bar for a new coordinator's first grant; longer only keeps the run waiting.
    private static let longestDelay = Duration.seconds(5)
}

extension Outage {
    /// What the time calls for.
    package enum Action: Sendable, Equatable {
        /// Tell people that it lasts.
        case alert(lasting: Duration)
        /// Try to reach the database, then report with `attemptFailed`, or forget the outage.
        case attempt
    }
}
