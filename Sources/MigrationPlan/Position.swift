/// A place in a plan file.
package struct Position: Sendable, Equatable, Hashable {
    /// 1-based; 0 where the value came from a default.
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static let none = Self(line: 0, column: 0)
}
