import Foundation
import Scheduling

/// Numbers as people read them.
enum Figures {
    /// `1,234,567`.
    static func count(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// `950`, `12.3k`, `4.56M`: at most five characters, for narrow displays and rates.
    static func short(_ number: Double) -> String {
        let units = ["", "k", "M", "G", "T"]
        var value = number
        var unit = 0
        while value.magnitude >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
        return Self.decimal(value, decimals) + units[unit]
    }

    /// `512 B`, `64 KiB`, `1.5 MiB`.
    static func bytes(_ number: Int64) -> String { ByteText.text(Int(number)) }

    /// `0.4s`, `12s`, `3m05s`, `2h07m`, `3d04h`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "–" }
        if seconds < 9.95 { return Self.decimal(max(0, seconds), 1) + "s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole)s" }
        if whole < 3600 { return "\(whole / 60)m\(Self.two(whole % 60))s" }
        if whole < 86400 { return "\(whole / 3600)h\(Self.two(whole / 60 % 60))m" }
        return "\(whole / 86400)d\(Self.two(whole / 3600 % 24))h"
    }

    /// A time of this machine's zone, `2026-11-22 16:45:20`.
    static func time(_ date: Date) -> String {
        var style = Date.VerbatimFormatStyle(
            format: """
                \(year: .defaultDigits)-\(month: .twoDigits)-\(day: .twoDigits) \
                \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits)
                """,
            timeZone: .current,
            calendar: Calendar(identifier: .gregorian)
        )
        style.locale = Locale(identifier: "en_US_POSIX")
        return date.formatted(style)
    }

    /// `1 shard`, `2 shards`.
    static func counted(_ number: Int, _ noun: String) -> String {
        "\(Self.count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    static func decimal(_ value: Double, _ decimals: Int) -> String {
        String(format: "%.\(decimals)f", value)
    }

    private static func two(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
