/// A half-open range of integer keys; a nil bound is open, so the first and last shard of an entity catch every key.
package struct KeyRange: Hashable, Sendable, Codable {
    /// First key inside.
    package var lower: Int64?
    /// First key beyond.
    package var upper: Int64?

    package init(lower: Int64?, upper: Int64?) {
        self.lower = lower
        self.upper = upper
    }

    /// Whether a key is inside.
    package func contains(_ key: Int64) -> Bool {
        (self.lower.map { key >= $0 } ?? true) && (self.upper.map { key < $0 } ?? true)
    }

    /// Whether it has exactly one key.
    package var isSingleKey: Bool {
        guard let lower = self.lower, let upper = self.upper else { return false }
        return lower < .max && upper == lower + 1
    }

    /// The two ranges that cover it exactly, the second beginning with `cut`; nil where one of them would be empty.
    package func halves(at cut: Int64) -> (first: KeyRange, second: KeyRange)? {
        guard self.contains(cut), cut > self.lower ?? .min else { return nil }
        return (KeyRange(lower: self.lower, upper: cut), KeyRange(lower: cut, upper: self.upper))
    }
}
