/// Rows under a heading, each column as wide as it must be.
struct TextTable {
    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ cells: [String]) {
        self.rows.append(cells)
    }

    var isEmpty: Bool { self.rows.isEmpty }

    /// The table's lines, the heading first; with a width the columns that can be spared are left out until they fit,
    /// and a line that is still too long is cut.
    func lines(width: Int? = nil) -> [String] {
        let shown = self.shownColumns(width)
        let all = [self.columns.map(\.title)] + self.rows
        let widths = self.widths
        return all.map { cells in
            let padded = shown.map { cells[$0].padded(to: widths[$0], right: self.columns[$0].alignment == .right) }
            let line = padded.joined(separator: Self.gap).trimmingEnd()
            guard let width, line.count > width else { return line }
            return String(line.prefix(width - 1)) + "…"
        }
    }

    /// Says which columns a width leaves out; nothing where it leaves out none.
    func omission(width: Int?) -> [String] {
        let shown = Set(self.shownColumns(width))
        let titles = self.columns.indices.filter { !shown.contains($0) }.map { self.columns[$0].title }
        guard !titles.isEmpty else { return [] }
        return "(left out for want of width: \(titles.joined(separator: ", ")); --json has all)".wrapped(to: width)
    }

    private static let gap = "  "

    private var widths: [Int] {
        self.columns.indices.map { column in
            max(self.columns[column].title.count, self.rows.map { $0[column].count }.max() ?? 0)
        }
    }

    private func shownColumns(_ width: Int?) -> [Int] {
        var shown = Array(self.columns.indices)
        guard let width else { return shown }
        let widths = self.widths
        let spareable = shown.filter { self.columns[$0].spared != nil }
            .sorted { (self.columns[$0].spared ?? 0) < (self.columns[$1].spared ?? 0) }
        for column in spareable {
            let needed = shown.reduce(0) { $0 + widths[$1] } + Self.gap.count * (shown.count - 1)
            if needed <= width { break }
            shown.removeAll { $0 == column }
        }
        return shown
    }
}

extension TextTable {
    struct Column {
        var title: String
        var alignment: Alignment
        /// Its turn to be left out where there is no room, the lowest first; nil for never.
        var spared: Int?

        static func left(_ title: String, spared: Int? = nil) -> Self {
            Self(title: title, alignment: .left, spared: spared)
        }

        static func right(_ title: String, spared: Int? = nil) -> Self {
            Self(title: title, alignment: .right, spared: spared)
        }
    }

    enum Alignment {
        case left
        case right
    }
}

extension String {
    /// Without the spaces at its end.
    func trimmingEnd() -> String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    /// Its words on lines of at most so many characters, as it is where they fit; a longer word has a line of its own.
    func wrapped(to width: Int?, indent: Int = 0) -> [String] {
        let margin = String(repeating: " ", count: indent)
        let width = width ?? .max
        if self.count + indent <= width, !self.contains(where: \.isNewline) { return [margin + self] }
        var lines: [String] = []
        for word in self.split(whereSeparator: \.isWhitespace) {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(margin + word)
            }
        }
        return lines
    }
}
