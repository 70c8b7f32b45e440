/// A line of text in pieces of one style each.
struct StyledLine: Equatable {
    private(set) var pieces: [Piece] = []

    struct Piece: Equatable {
        var text: String
        var style: Style
    }

    /// How a piece looks on a terminal with colours (ECMA-48 SGR codes).
    enum Style: String {
        case plain = ""
        case bold = "1"
        case faint = "2"
        case good = "32"
        case warning = "33"
        case bad = "1;31"
        /// Must not be overlooked.
        case loud = "1;37;41"
    }

    init(_ text: String = "", _ style: Style = .plain) {
        self.add(text, style)
    }

    mutating func add(_ text: String, _ style: Style = .plain) {
        if !text.isEmpty { self.pieces.append(Piece(text: text, style: style)) }
    }

    /// Without styles.
    var text: String { self.pieces.map(\.text).joined() }

    /// The line as it is written, cut to a width.
    func rendered(width: Int?, colour: Bool) -> String {
        var room = width ?? .max
        var rendered = ""
        for piece in self.pieces where room > 0 {
            let text = piece.text.count <= room ? piece.text : String(piece.text.prefix(room - 1)) + "…"
            room -= text.count
            rendered += colour && piece.style != .plain ? "\u{1b}[\(piece.style.rawValue)m\(text)\u{1b}[0m" : text
        }
        return rendered
    }
}
