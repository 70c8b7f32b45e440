/// A YAML text in which the later of two equal keys can be respelled.
///
/// Yams stops at the first mapping with equal keys and says where the first of them stands. Respelling the later one,
/// in place and without moving anything, lets it go on, so that one duplicate doesn't hide every other finding.
struct DuplicateKeySource {
    private var lines: [[Unicode.Scalar]]
    private var respelled: UInt32 = 0

    init(text: String) {
        self.lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
    }

    var text: String {
        var text = String.UnicodeScalarView()
        for (index, line) in self.lines.enumerated() {
            if index > 0 { text.append("\n") }
            text.append(contentsOf: line)
        }
        return String(text)
    }

    /// Respells the next occurrence of a key in the mapping of its first one.
    ///
    /// - Returns: Where that occurrence begins, nil if it can't be told.
    mutating func respell(_ key: String, firstAt first: Position) -> Position? {
        let scalars = Array(key.unicodeScalars)
        let row = first.line - 1
        guard !scalars.isEmpty, self.lines.indices.contains(row) else { return nil }
        let before = self.lines[row].prefix(first.column - 1)
        let isBlock = before.allSatisfy { $0 == " " || $0 == "-" }
        for line in row..<self.lines.count {
            if isBlock && line > row && self.endsBlock(line, column: first.column) { return nil }
            let start = line == row ? first.column : (isBlock ? first.column - 1 : 0)
            let end = isBlock ? start + 1 : self.lines[line].count
            for column in start..<max(start, end) {
                guard let letters = self.key(scalars, at: column, in: line, isBlock: isBlock) else { continue }
                // A private-use character: printable YAML, and nobody's key.
                self.lines[line][letters + scalars.count - 1] = Unicode.Scalar(0xE000 + self.respelled) ?? "\u{E000}"
                self.respelled += 1
                return Position(line: line + 1, column: column + 1)
            }
        }
        return nil
    }

    /// Whether a line with something on it begins left of a block mapping.
    private func endsBlock(_ line: Int, column: Int) -> Bool {
        guard let indent = self.lines[line].firstIndex(where: { $0 != " " && $0 != "\r" }) else { return false }
        return indent < column - 1 && self.lines[line][indent] != "#"
    }

    /// The column of a key's first letter if the key, quoted or not, begins here.
    private func key(_ key: [Unicode.Scalar], at column: Int, in line: Int, isBlock: Bool) -> Int? {
        let scalars = self.lines[line]
        guard column < scalars.count else { return nil }
        let before = scalars[..<column].last { $0 != " " }
        if isBlock ? before != nil : !(before == nil || before == "," || before == "{") { return nil }
        let isQuoted = scalars[column] == "\"" || scalars[column] == "'"
        let start = isQuoted ? column + 1 : column
        guard scalars.dropFirst(start).starts(with: key) else { return nil }
        var end = start + key.count
        if isQuoted {
            guard end < scalars.count, scalars[end] == scalars[column] else { return nil }
            end += 1
        }
        while end < scalars.count, scalars[end] == " " { end += 1 }
        return end < scalars.count && scalars[end] == ":" ? start : nil
    }
}
