/// A UUID as the two halves of its sixteen bytes, most significant byte first.
package struct UUIDValue: Hashable, Sendable, Codable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The value of sixteen bytes, nil for any other number of them.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.high = bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) }
        self.low = bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The value of the 36-character form, upper or lower case.
    package init?(_ text: String) {
        let characters = Array(text.utf8)
        guard characters.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        for (index, character) in characters.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = hexadecimalDigit(character) else { return nil }
            halves.0 = halves.0 << 4 | halves.1 >> 60
            halves.1 = halves.1 << 4 | UInt64(digit)
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// The sixteen bytes, most significant first.
    package var bytes: [UInt8] {
        (0..<16).map { self.byte($0) }
    }

    /// One of the sixteen bytes, 0 being the most significant.
    func byte(_ index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: (index < 8 ? self.high : self.low) >> UInt64((7 - (index & 7)) * 8))
    }
}

extension UUIDValue: CustomStringConvertible {
    /// The 36-character form in lower case, as PostgreSQL prints it.
    package var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(hexadecimalCharacter(self.byte(index) >> 4))
            text.append(hexadecimalCharacter(self.byte(index) & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The value of a hexadecimal digit in ASCII, nil for anything else.
func hexadecimalDigit(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character &- 0x30
    case 0x41...0x46: character &- 0x41 &+ 10
    case 0x61...0x66: character &- 0x61 &+ 10
    default: nil
    }
}

/// The lower-case digit of a value below 16.
func hexadecimalCharacter(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 &+ value : 0x57 &+ value
}
