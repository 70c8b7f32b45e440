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

    /// The table's lines; with a width the last column is cut to it.
    func lines(width: Int? = nil) -> [String] {
        let all = [self.columns.map(\.title)] + self.rows
        let widths = self.columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { cells in
            let padded = cells.enumerated()
                .map { index, cell in
                    cell.padded(to: widths[index], right: self.columns[index].alignment == .right)
                }
            let line = padded.joined(separator: "  ").trimmingEnd()
            guard let width, line.count > width else { return line }
            return String(line.prefix(width - 1)) + "…"
        }
    }
}

extension TextTable {
    struct Column {
        var title: String
        var alignment: Alignment

        static func left(_ title: String) -> Self { Self(title: title, alignment: .left) }
        static func right(_ title: String) -> Self { Self(title: title, alignment: .right) }
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
}
