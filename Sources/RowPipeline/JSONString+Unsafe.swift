extension JSONString {
    /// Skips bytes that are neither quote nor backslash nor control character, eight at a time.
    ///
    /// Each term marks the top bit of a byte that is `"`, `\` or below 0x20. Only a byte above a marked one can be marked by
    /// mistake, and the lowest mark is the one that counts. The loops' conditions keep the unchecked loads inside the span,
    /// because `start` is never negative. Inlined for `TransformBenchmark`: strings are short and many.
    @inline(__always)
    static func skipPlain(_ text: RawSpan, from start: Int) -> Int {
        var position = start
        while position &+ 8 <= text.byteCount {
            let word = UInt64(
                littleEndian: text.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
            )
            let quote = word ^ 0x2222_2222_2222_2222
            let backslash = word ^ 0x5c5c_5c5c_5c5c_5c5c
            let ones: UInt64 = 0x0101_0101_0101_0101
            let marks =
                (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
                    | ((word &- 0x2020_2020_2020_2020) & ~word)) & 0x8080_8080_8080_8080
            if marks != 0 { return position &+ marks.trailingZeroBitCount >> 3 }
            position &+= 8
        }
        while position < text.byteCount {
            let byte = text.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return position }
            position &+= 1
        }
        return position
    }
}
