import Glibc

/// What a stream is connected to.
struct Terminal {
    var descriptor: Int32

    static let output = Self(descriptor: STDOUT_FILENO)
    static let error = Self(descriptor: STDERR_FILENO)

    /// Whether it is a terminal that knows how to move its cursor.
    var isInteractive: Bool {
        isatty(self.descriptor) == 1 && Self.variable("TERM") != "dumb" && Self.variable("TERM") != nil
    }

    /// Whether text may be coloured (https://no-color.org).
    var hasColour: Bool { self.isInteractive && (Self.variable("NO_COLOR") ?? "").isEmpty }

    /// Its size in characters, nil where it has none.
    var size: (columns: Int, rows: Int)? {
        var window = winsize()
        guard ioctl(self.descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return nil
        }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    /// The width that tables are cut to; nil where a line may be as long as it likes.
    var tableWidth: Int? { isatty(self.descriptor) == 1 ? self.size?.columns : nil }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
