import ArgumentParser
package import ControlStore
import Scheduling

/// Source keys as they are written on the command line: `1000-2000`, `1000`, `-5--1`; both ends are meant.
struct KeySpan: ExpressibleByArgument, Equatable {
    var range: ClosedRange<Int64>

    init?(argument text: String) {
        // The dash between two numbers is the first one behind a digit; others are signs.
        let dashes = text.indices.dropFirst().filter { text[$0] == "-" && text[text.index(before: $0)].isNumber }
        guard let end = dashes.first else {
            guard let key = Int64(text) else { return nil }
            self.range = key...key
            return
        }
        guard let lower = Int64(text[..<end]), let upper = Int64(text[text.index(after: end)...]), lower <= upper else {
            return nil
        }
        self.range = lower...upper
    }
}

extension ShardSpan: ExpressibleByArgument {
    /// Reads `s12` or `s120-s140`.
    package init?(argument text: String) {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            .map { ShardID(String($0)) }
        guard let first = ends[0], let last = ends.count == 2 ? ends[1] : first, first <= last else { return nil }
        self.init(first: first, last: last)
    }
}
