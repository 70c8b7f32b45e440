extension JSONRepair {
    /// Writes a JSON string for the JSON or Python string whose quote is at `start`; returns where it ends.
    mutating func string(_ text: RawSpan, from start: Int) -> Int? {
        let quote = text.byte(start)
        self.output.append(UInt8(ascii: "\""))
        var position = start + 1
        while position < text.byteCount {
            let byte = text.byte(position)
            switch byte {
            case quote:
                self.output.append(UInt8(ascii: "\""))
                return position + 1
            case UInt8(ascii: "\\"):
                guard let end = self.escape(text, from: position) else { return nil }
                position = end
            default:
                self.output.appendEscapedJSON(byte)
                position += 1
            }
        }
        return nil
    }

    private mutating func escape(_ text: RawSpan, from start: Int) -> Int? {
        guard start + 1 < text.byteCount else { return nil }
        let letter = text.byte(start + 1)
        switch letter {
        case 0x22, 0x27, 0x5c, 0x2f: self.output.appendEscapedJSON(letter)
        case UInt8(ascii: "b"): self.output.appendEscapedJSON(0x08)
        case UInt8(ascii: "f"): self.output.appendEscapedJSON(0x0c)
        case UInt8(ascii: "n"): self.output.appendEscapedJSON(0x0a)
        case UInt8(ascii: "r"): self.output.appendEscapedJSON(0x0d)
        case UInt8(ascii: "t"): self.output.appendEscapedJSON(0x09)
        case UInt8(ascii: "a"): self.output.appendEscapedJSON(0x07)
        case UInt8(ascii: "v"): self.output.appendEscapedJSON(0x0b)
        case UInt8(ascii: "x"): return self.codePoint(text, at: start + 2, digits: 2)
        case UInt8(ascii: "U"): return self.codePoint(text, at: start + 2, digits: 8)
        case UInt8(ascii: "u"): return self.codeUnits(text, at: start)
        default: return nil
        }
        return start + 2
    }

    /// `\uXXXX`, with the low surrogate that may follow a high one.
    private mutating func codeUnits(_ text: RawSpan, at start: Int) -> Int? {
        guard let unit = JSONString.codeUnit(text, at: start + 2) else { return nil }
        guard (0xd800..<0xdc00).contains(unit) else {
            self.append(unit)
            return start + 6
        }
        if start + 8 <= text.byteCount, text.byte(start + 6) == UInt8(ascii: "\\"),
            text.byte(start + 7) == UInt8(ascii: "u"), let low = JSONString.codeUnit(text, at: start + 8),
            (0xdc00..<0xe000).contains(low)
        {
            self.append(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
            return start + 12
        }
        self.append(unit)
        return start + 6
    }

    private mutating func codePoint(_ text: RawSpan, at start: Int, digits: Int) -> Int? {
        guard start + digits <= text.byteCount else { return nil }
        var value: UInt32 = 0
        for offset in 0..<digits {
            guard let digit = hexadecimalDigit(text.byte(start + offset)) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        guard value <= 0x10ffff else { return nil }
        self.append(value)
        return start + digits
    }

    /// Writes a code point: nothing for NUL, which `jsonb` cannot hold, and U+FFFD for a lone surrogate.
    private mutating func append(_ codePoint: UInt32) {
        guard codePoint != 0 else { return }
        let scalar = Unicode.Scalar(codePoint) ?? "\u{fffd}"
        for byte in UTF8.encode(scalar)! { self.output.appendEscapedJSON(byte) }
    }
}

extension UnsafeByteBuffer {
    /// Appends a byte of a JSON string's content, escaped where it has to be.
    mutating func appendEscapedJSON(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            self.append(UInt8(ascii: "\\"))
            self.append(byte)
        case 0x0a:
            self.append(UInt8(ascii: "\\"))
            self.append(UInt8(ascii: "n"))
        case 0..<0x20:
            self.append(UInt8(ascii: "\\"))
            self.append(UInt8(ascii: "u"))
            self.append(UInt8(ascii: "0"))
            self.append(UInt8(ascii: "0"))
            self.append(hexadecimalCharacter(byte >> 4))
            self.append(hexadecimalCharacter(byte & 15))
        default:
            self.append(byte)
        }
    }
}
