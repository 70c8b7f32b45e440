/// A string token as the server's `json_lex_string` reads it.
enum JSONString {
    /// The position behind the closing quote of the string that begins at `start`, nil where the server raises.
    ///
    /// `json` only wants four hexadecimal digits after `\u`; `jsonb` decodes them, and so refuses `\u0000` and surrogates
    /// that are not a high one directly followed by a low one.
    static func end(in text: RawSpan, from start: Int, _ dialect: JSONChecker.Dialect) -> Int? {
        var position = self.skipPlain(text, from: start &+ 1)
        if position < text.byteCount, text.byte(position) == UInt8(ascii: "\""),
            position &- start <= JSONChecker.maximumStringBytes
        {
            return position &+ 1
        }
        var expectsLowSurrogate = false
        var saved = 0
        while true {
            if !expectsLowSurrogate { position = self.skipPlain(text, from: position) }
            guard position < text.byteCount else { return nil }
            let byte = text.byte(position)
            if byte != UInt8(ascii: "\\") {
                guard byte == UInt8(ascii: "\""), !expectsLowSurrogate else { return nil }
                let length = position - start - 1 - saved
                return dialect == .jsonb && length > JSONChecker.maximumStringBytes ? nil : position &+ 1
            }
            guard position &+ 1 < text.byteCount else { return nil }
            switch text.byte(position &+ 1) {
            case UInt8(ascii: "u"):
                guard let unit = self.codeUnit(text, at: position &+ 2) else { return nil }
                position &+= 6
                guard dialect == .jsonb else { continue }
                switch unit {
                case 0xd800..<0xdc00:
                    guard !expectsLowSurrogate else { return nil }
                    expectsLowSurrogate = true
                case 0xdc00..<0xe000:
                    guard expectsLowSurrogate else { return nil }
                    expectsLowSurrogate = false
                    saved &+= 8
                default:
                    guard unit != 0, !expectsLowSurrogate else { return nil }
                    saved &+= unit < 0x80 ? 5 : unit < 0x800 ? 4 : 3
                }
            case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74:
                guard !expectsLowSurrogate else { return nil }
                saved &+= 1
                position &+= 2
            default:
                return nil
            }
        }
    }

    /// The number of four hexadecimal digits, nil where there are none.
    static func codeUnit(_ text: RawSpan, at start: Int) -> UInt32? {
        guard text.byteCount - start >= 4 else { return nil }
        var unit: UInt32 = 0
        for offset in 0..<4 {
            guard let digit = hexadecimalDigit(text.byte(start + offset)) else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}
