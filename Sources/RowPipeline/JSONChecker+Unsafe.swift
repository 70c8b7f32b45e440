extension JSONChecker {
    /// Moves behind a key and its colon, and on behind members whose values are plain strings, as most are.
    ///
    /// Each unchecked load stands behind a comparison with the span's end; positions only grow, from one that is not
    /// negative. Unchecked for `scripts/microbenchmark json`.
    mutating func skipKeys(
        _ text: RawSpan,
        _ position: inout Int,
        isOutermost: Bool,
        _ dialect: Dialect
    ) -> Place {
        let quote = UInt8(ascii: "\"")
        let count = text.byteCount
        var place = position
        while true {
            guard place < count, text.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self) == quote else {
                return .nowhere
            }
            let start = place
            place = JSONString.skipPlain(text, from: start &+ 1)
            let isPlain =
                place < count && text.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self) == quote
                && place &- start <= Self.maximumStringBytes
            if isPlain {
                place &+= 1
            } else {
                guard let end = JSONString.end(in: text, from: start, dialect) else { return .nowhere }
                place = end
            }
            if isOutermost { self.members.begin(text, key: start, to: place, isPlain: isPlain) }
            place = Self.skipSpace(text, from: place)
            guard place < count, text.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self) == UInt8(ascii: ":")
            else { return .nowhere }
            place = Self.skipSpace(text, from: place &+ 1)
            position = place
            guard place < count, text.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self) == quote else {
                return .value
            }
            let end = JSONString.skipPlain(text, from: place &+ 1)
            guard end < count, text.unsafeLoad(fromUncheckedByteOffset: end, as: UInt8.self) == quote,
                end &- place <= Self.maximumStringBytes
            else { return .value }
            place = end &+ 1
            position = place
            guard place < count, text.unsafeLoad(fromUncheckedByteOffset: place, as: UInt8.self) == UInt8(ascii: ",")
            else { return .behindValue }
            if isOutermost { self.members.end(at: place) }
            place = Self.skipSpace(text, from: place &+ 1)
        }
    }

    /// White space: nearly always there is none, or one space.
    @inline(__always)
    private static func skipSpace(_ text: RawSpan, from start: Int) -> Int {
        var position = start
        while position < text.byteCount {
            let byte = text.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
            guard byte <= 0x20, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { break }
            position &+= 1
        }
        return position
    }
}
