/// Lines and columns of byte offsets.
enum TextPosition {
    /// The 1-based line and column, counted in Unicode scalars, of an offset into UTF-8.
    static func of(offset: Int, in bytes: [UInt8]) -> Position {
        var position = Position(line: 1, column: 1)
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                position.line += 1
                position.column = 1
            } else if byte & 0b1100_0000 != 0b1000_0000 {
                position.column += 1
            }
        }
        return position
    }
}
