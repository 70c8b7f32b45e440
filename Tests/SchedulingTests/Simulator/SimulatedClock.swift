/// A clock as a process or a server sees it: it drifts, and it jumps.
struct SimulatedClock {
    private let rate: Double
    private var reading = 0.0
    private var since = 0.0

    /// - Parameter rate: Its seconds in one true second.
    init(rate: Double = 1) {
        self.rate = rate
    }

    /// What it shows at a true time.
    func seconds(at now: Double) -> Double {
        self.reading + (now - self.since) * self.rate
    }

    func instant(at now: Double) -> ContinuousClock.Instant {
        .at(self.seconds(at: now))
    }

    /// A suspended host, a corrected time.
    mutating func jump(by seconds: Double, at now: Double) {
        self.reading = self.seconds(at: now) + seconds
        self.since = now
    }
}
