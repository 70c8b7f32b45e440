import ArgumentParser
package import ControlStore
import Scheduling

/// Source keys as they are written on the command line: `42`, `100..199` or `100-199`; both ends are meant.
struct KeySpan: ExpressibleByArgument, Equatable {
    var keys: ClosedRange<Int64>

    init?(argument text: String) {
        if let key = Int64(text) {
            self.keys = key...key
            return
        }
        // The dash between two numbers is the first one behind a digit; others are signs.
        let dash = text.indices.dropFirst().first { text[$0] == "-" && text[text.index(before: $0)].isNumber }
        guard let parting = text.firstRange(of: "..") ?? dash.map({ $0..<text.index(after: $0) }),
            let lower = Int64(text[..<parting.lowerBound]), let upper = Int64(text[parting.upperBound...]),
            lower <= upper
        else { return nil }
        self.keys = lower...upper
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
