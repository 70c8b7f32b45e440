import Glibc

/// The machine's wall clock, for the plan's window only.
enum LocalTime {
    /// Minutes after midnight in the machine's time zone, 0..<1440.
    static func minuteOfDay() -> Int {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return Int(parts.tm_hour) * 60 + Int(parts.tm_min)
    }
}
