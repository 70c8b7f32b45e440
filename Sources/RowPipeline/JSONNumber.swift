/// A number token as the server's `json_lex_number` reads it and, for `jsonb`, as `numeric_in` stores it.
enum JSONNumber {
    /// The position behind the number that begins at `start`, nil where the server raises.
    static func end(in text: RawSpan, from start: Int, _ dialect: JSONChecker.Dialect) -> Int? {
        if let end = self.plainEnd(text, from: start) { return end }
        var scan = Scan(position: start)
        if text.byte(start) == UInt8(ascii: "-") { scan.position &+= 1 }
        let integer = scan.digits(text)
        guard integer > 0, integer == 1 || text.byte(scan.position - integer) != UInt8(ascii: "0") else { return nil }
        var fraction = 0
        if scan.position < text.byteCount, text.byte(scan.position) == UInt8(ascii: ".") {
            scan.position &+= 1
            fraction = scan.digits(text)
            guard fraction > 0 else { return nil }
        }
        var exponent = 0
        if scan.position < text.byteCount, text.byte(scan.position) | 0x20 == UInt8(ascii: "e") {
            guard let value = scan.exponent(text) else { return nil }
            exponent = value
        }
        let end = scan.position
        guard end == text.byteCount || !JSONChecker.isWordCharacter(text.byte(end)) else { return nil }
        if dialect == .json || (exponent == 0 && integer &+ fraction < 16_000) { return end }
        return self.fitsNumeric(integer, fraction, exponent, scan.firstNonzero) ? end : nil
    }

    /// The usual case, up to 18 digits and perhaps a point among them; nil says nothing.
    private static func plainEnd(_ text: RawSpan, from start: Int) -> Int? {
        let limit = min(text.byteCount, start &+ 19)
        guard text.byte(start) &- 0x31 < 9 else { return nil }
        var position = start &+ 1
        var point = -1
        while position < limit {
            let byte = text.byte(position)
            if byte &- 0x30 >= 10 {
                if byte == UInt8(ascii: "."), point < 0 {
                    point = position
                } else {
                    // A second point ends the number here too, as it does for the server; what follows it is refused.
                    return position == point &+ 1 || JSONChecker.isWordCharacter(byte) ? nil : position
                }
            }
            position &+= 1
        }
        return nil
    }

    /// The limits of PostgreSQL's `numeric`: 16383 decimals, a weight of 16 bits in digits of base 10000.
    ///
    /// Zero has no weight but keeps its decimals: `0e131072` is accepted, `0e-16384` is not. `set_var_from_str` refuses an
    /// exponent from INT_MAX / 2 on even for zero.
    private static func fitsNumeric(_ integer: Int, _ fraction: Int, _ exponent: Int, _ firstNonzero: Int?) -> Bool {
        guard abs(exponent) < Int(Int32.max) / 2 else { return false }
        guard fraction - exponent <= 16_383 else { return false }
        guard let firstNonzero else { return true }
        return integer - 1 + exponent - firstNonzero < 131_072
    }

    private struct Scan {
        var position: Int
        /// Digits of the mantissa so far, and the first of them that is not 0.
        var count = 0
        var firstNonzero: Int?

        init(position: Int) {
            self.position = position
        }

        /// Skips digits of the mantissa and counts them.
        mutating func digits(_ text: RawSpan) -> Int {
            let start = self.position
            while self.position < text.byteCount {
                let digit = text.byte(self.position) &- 0x30
                guard digit < 10 else { break }
                if digit != 0 && self.firstNonzero == nil { self.firstNonzero = self.count }
                self.count &+= 1
                self.position &+= 1
            }
            return self.position &- start
        }

        /// Reads `e`, a sign and digits; the value stops growing where every larger one is refused alike.
        mutating func exponent(_ text: RawSpan) -> Int? {
            self.position &+= 1
            var isNegative = false
            if self.position < text.byteCount {
                let sign = text.byte(self.position)
                isNegative = sign == UInt8(ascii: "-")
                if isNegative || sign == UInt8(ascii: "+") { self.position &+= 1 }
            }
            let start = self.position
            var value = 0
            while self.position < text.byteCount {
                let digit = text.byte(self.position) &- 0x30
                guard digit < 10 else { break }
                value = min(value &* 10 &+ Int(digit), 1 << 40)
                self.position &+= 1
            }
            guard self.position > start else { return nil }
            return isNegative ? -value : value
        }
    }
}
