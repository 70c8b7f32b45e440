/// The plan's own spellings of values: durations, sizes, shares, windows, names.
enum PlanScalar {
    /// A whole number in decimal digits.
    static func integer(_ text: String) -> Int? {
        Int(text)
    }

    /// `500ms`, `2s`, `5m`, `12h`, `1d`.
    static func duration(_ text: String) -> Duration? {
        let milliseconds = ["ms": 1, "s": 1_000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let (count, unit) = Self.quantity(text), let factor = milliseconds[unit] else { return nil }
        let product = count.multipliedReportingOverflow(by: factor)
        return product.overflow ? nil : .milliseconds(product.partialValue)
    }

    /// `256MiB`, `1GiB`, `64KiB`, `500MB`, `4096B`.
    static func size(_ text: String) -> Int? {
        let bytes = [
            "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000,
        ]
        guard let (count, unit) = Self.quantity(text), let factor = bytes[unit], count > 0 else { return nil }
        let product = count.multipliedReportingOverflow(by: factor)
        return product.overflow ? nil : product.partialValue
    }

    /// `5%`, `0.5%` or `0.05`, as a share from 0 to 1.
    static func share(_ text: String) -> Double? {
        let isPercent = text.hasSuffix("%")
        let digits = isPercent ? String(text.dropLast()) : text
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
            let number = Double(digits)
        else { return nil }
        let share = isPercent ? number / 100 : number
        return (0...1).contains(share) ? share : nil
    }

    /// `22:00–05:00`, with a dash or a hyphen.
    static func window(_ text: String) -> TimeWindow? {
        let times = text.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == "–" }
        guard times.count == 2, let start = Self.minuteOfDay(times[0]), let end = Self.minuteOfDay(times[1]),
            start != end
        else { return nil }
        return TimeWindow(start: start, end: end)
    }

    /// A UUID in its 36-character form, in lower case.
    static func uuid(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        for (index, byte) in bytes.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard Character(Unicode.Scalar(byte)).isHexDigit else { return nil }
            }
        }
        return text.lowercased()
    }

    /// A name of the author's: letters, digits, `-` and `_`, at most 63 of them as in PostgreSQL.
    static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                let character = Character(Unicode.Scalar(byte))
                return byte < 128 && (character.isLetter || character.isNumber || character == "_" || character == "-")
            }
    }

    private static func minuteOfDay(_ text: Substring) -> Int? {
        let parts = text.drop { $0 == " " }.prefix { $0 != " " }.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) && $0.utf8.allSatisfy(Self.isDigit) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    private static func quantity(_ text: String) -> (count: Int, unit: String)? {
        let digits = text.utf8.prefix(while: Self.isDigit)
        guard let count = Int(Substring(digits)) else { return nil }
        return (count, text.dropFirst(digits.count).drop { $0 == " " }.description)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
