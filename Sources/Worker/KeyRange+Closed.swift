import Scheduling

extension KeyRange {
    /// The same keys as a closed range.
    var closedRange: ClosedRange<Int64> {
        let last = self.upper.map { $0 - 1 } ?? .max
        let first = self.lower ?? .min
        return first...max(first, last)
    }
}
