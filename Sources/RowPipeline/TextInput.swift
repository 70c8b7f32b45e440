/// Text read as PostgreSQL 15's input functions read it.
enum TextInput {
    /// `int8in`: spaces, an optional sign, decimal digits, spaces; nil where it raises.
    static func integer(_ text: RawSpan) -> Int64? {
        let range = self.trimmed(text)
        guard !range.isEmpty else { return nil }
        var position = range.lowerBound
        let isNegative = text.byte(position) == UInt8(ascii: "-")
        if isNegative || text.byte(position) == UInt8(ascii: "+") { position += 1 }
        guard position < range.upperBound else { return nil }
        var value: Int64 = 0
        while position < range.upperBound {
            let digit = text.byte(position) &- 0x30
            guard digit < 10 else { return nil }
            let product = value.multipliedReportingOverflow(by: 10)
            let sum = product.partialValue.subtractingReportingOverflow(Int64(digit))
            guard !product.overflow, !sum.overflow else { return nil }
            value = sum.partialValue
            position += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// `boolin`: an unambiguous beginning of true, false, yes, no, on, off, or 1, 0, in any case, between spaces.
    static func bool(_ text: RawSpan) -> Bool? {
        let range = self.trimmed(text)
        guard range.count > 0, range.count <= 5 else { return nil }
        let first = text.byte(range.lowerBound)
        switch first {
        case UInt8(ascii: "1"): return range.count == 1 ? true : nil
        case UInt8(ascii: "0"): return range.count == 1 ? false : nil
        default: break
        }
        for (word, minimum, value) in self.boolWords where range.count >= minimum && range.count <= word.count {
            if range.enumerated().allSatisfy({ text.byte($1) | 0x20 == word[$0] && text.byte($1) >= 0x41 }) {
                return value
            }
        }
        return nil
    }

    private static let boolWords: [([UInt8], Int, Bool)] = [
        (Array("true".utf8), 1, true), (Array("false".utf8), 1, false), (Array("yes".utf8), 1, true),
        (Array("no".utf8), 1, false), (Array("on".utf8), 2, true), (Array("off".utf8), 2, false),
    ]

    /// `uuid_in`: 32 digits, a hyphen allowed after every fourth, braces around the whole; no spaces.
    static func uuid(_ text: RawSpan) -> UUIDValue? {
        var position = 0
        let isBraced = text.byteCount > 0 && text.byte(0) == UInt8(ascii: "{")
        if isBraced { position = 1 }
        var value = UUIDValue(high: 0, low: 0)
        for index in 0..<32 {
            guard position < text.byteCount, let digit = hexadecimalDigit(text.byte(position)) else { return nil }
            value.high = value.high << 4 | value.low >> 60
            value.low = value.low << 4 | UInt64(digit)
            position += 1
            if index % 4 == 3, index < 31, position < text.byteCount, text.byte(position) == UInt8(ascii: "-") {
                position += 1
            }
        }
        if isBraced {
            guard position < text.byteCount, text.byte(position) == UInt8(ascii: "}") else { return nil }
            position += 1
        }
        return position == text.byteCount ? value : nil
    }

    /// A date in days since 2000-01-01: `YYYY-MM-DD` (up to seven digits of the year), `infinity`, `-infinity`.
    static func date(_ text: RawSpan) -> Int32? {
        if text.byteCount == 8, text.matches(self.infinity, at: 0) { return .max }
        if text.byteCount == 9, text.byte(0) == UInt8(ascii: "-"), text.matches(self.infinity, at: 1) { return .min }
        let yearDigits = text.byteCount - 6
        guard (4...7).contains(yearDigits), text.byte(yearDigits) == UInt8(ascii: "-"),
            text.byte(yearDigits + 3) == UInt8(ascii: "-"),
            let year = self.number(text, 0..<yearDigits),
            let month = self.number(text, (yearDigits + 1)..<(yearDigits + 3)),
            let day = self.number(text, (yearDigits + 4)..<(yearDigits + 6)),
            year >= 1, year <= 5_874_897, (1...12).contains(month)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day >= 1, day <= lengths[month - 1] else { return nil }
        let before = year - 1
        let days =
            before * 365 + before / 4 - before / 100 + before / 400 + lengths[..<(month - 1)].reduce(0, +) + day - 1
        // 730119 days lie between 0001-01-01 and 2000-01-01.
        return Int32(exactly: days - 730_119)
    }

    private static let infinity: [UInt8] = Array("infinity".utf8)

    private static func number(_ text: RawSpan, _ range: Range<Int>) -> Int? {
        var value = 0
        for position in range {
            let digit = text.byte(position) &- 0x30
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    /// The range without the characters that C's `isspace` counts as space.
    private static func trimmed(_ text: RawSpan) -> Range<Int> {
        var start = 0
        var end = text.byteCount
        while start < end, self.isSpace(text.byte(start)) { start += 1 }
        while end > start, self.isSpace(text.byte(end - 1)) { end -= 1 }
        return start..<end
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0d).contains(byte)
    }
}
