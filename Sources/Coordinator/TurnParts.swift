/// Where the time of one turn of the coordinator's loop goes, for the log of a turn that took long.
struct TurnParts {
    private var parts: [(name: String, time: Duration)] = []
    private var begun: ContinuousClock.Instant
    private var last: ContinuousClock.Instant

    init(now: ContinuousClock.Instant) {
        self.begun = now
        self.last = now
    }

    /// How long the turn has taken so far.
    func time(now: ContinuousClock.Instant) -> Duration { now - self.begun }

    /// Books what has passed since the last call, or the turn's beginning, under a part's name.
    mutating func spent(on name: String, now: ContinuousClock.Instant = .now) {
        let time = now - self.last
        self.last = now
        if let place = self.parts.firstIndex(where: { $0.name == name }) {
            self.parts[place].time += time
        } else {
            self.parts.append((name, time))
        }
    }

    /// The parts that took a millisecond or more, the longest first: "records 90 ms, grants 50 ms".
    var text: String {
        self.parts.filter { $0.time >= .milliseconds(1) }
            .sorted { $0.time > $1.time }
            .map { "\($0.name) \(Int($0.time / .milliseconds(1))) ms" }
            .joined(separator: ", ")
    }
}
