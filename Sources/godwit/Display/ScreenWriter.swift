/// Redraws a block of lines in place at the bottom of a terminal's output.
struct ScreenWriter {
    private let terminal: Terminal
    /// Lines of the block that is on the screen now.
    private var drawn = 0
    private var isCursorHidden = false

    init(_ terminal: Terminal) {
        self.terminal = terminal
    }

    /// Replaces the block.
    mutating func draw(_ lines: [StyledLine], width: Int) {
        var text = self.isCursorHidden ? "" : "\u{1b}[?25l"
        self.isCursorHidden = true
        text += self.upwards
        for line in lines {
            text += line.rendered(width: width, colour: self.terminal.hasColour) + "\u{1b}[K\n"
        }
        text += "\u{1b}[J"
        self.drawn = lines.count
        self.write(text)
    }

    /// Writes a line that stays, above the block; the block has to be drawn again.
    mutating func print(_ line: String) {
        self.write(self.upwards + "\u{1b}[J" + line + "\n")
        self.drawn = 0
    }

    /// Leaves the block where it is, and the terminal as it was.
    mutating func finish() {
        if self.isCursorHidden { self.write("\u{1b}[?25h") }
        self.isCursorHidden = false
        self.drawn = 0
    }

    private var upwards: String { self.drawn > 0 ? "\u{1b}[\(self.drawn)A\r" : "\r" }

    private func write(_ text: String) {
        // An error means that the terminal is gone; the work goes on.
        _ = FileDescriptor(rawValue: self.terminal.descriptor).write(text)
    }
}
