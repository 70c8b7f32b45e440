/// The number of a shard, unique over all runs of a control schema; written `s1742`.
package struct ShardID: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package var rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Reads `s1742` or `1742`; nil for anything else.
    package init?(_ text: String) {
        let digits = text.hasPrefix("s") ? text.dropFirst() : text[...]
        guard let number = Int64(digits), number > 0 else { return nil }
        self.rawValue = number
    }

    package var description: String { "s\(self.rawValue)" }

    package static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }
}
