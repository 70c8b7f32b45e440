import Glibc

/// A moment as RFC 3339 writes it, in UTC with milliseconds.
package struct Timestamp: Sendable, CustomStringConvertible {
    package let description: String

    /// The present moment.
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// A moment since 1970.
    package init(seconds: Int, nanoseconds: Int) {
        var seconds = time_t(seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
        let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Self.padded(Int($0), to: 2) }
        self.description =
            "\(date.map { Self.padded($0, to: 2) }.joined(separator: "-"))T\(time.joined(separator: ":"))"
            + ".\(Self.padded(nanoseconds / 1_000_000, to: 3))Z"
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
