/// A daily window of local time, possibly over midnight.
package struct TimeWindow: Sendable, Equatable, Codable {
    /// Minutes after midnight, 0..<1440.
    package var start: Int
    package var end: Int

    package init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    /// Whether a minute of the day lies inside.
    package func contains(minuteOfDay minute: Int) -> Bool {
        if self.start <= self.end {
            return minute >= self.start && minute < self.end
        }
        return minute >= self.start || minute < self.end
    }
}
