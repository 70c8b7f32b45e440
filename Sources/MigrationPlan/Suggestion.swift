/// Finds the known word an unknown one was probably meant to be.
enum Suggestion {
    /// Words longer than this are nobody's typing slip, and the distance costs the product of the lengths.
    private static let longestWord = 64

    /// The candidate nearest to a word, nil where none is near enough to be meant.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let reach = min(3, word.count / 3)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = Self.distance(word, candidate)
            if distance <= reach && distance < (best?.distance ?? Int.max) {
                best = (candidate, distance)
            }
        }
        return best?.candidate
    }

    /// The hint for an unknown word: what was probably meant, and everything that is allowed.
    static func hint(for word: String, among candidates: [String], called noun: String) -> String {
        let list = candidates.isEmpty ? "none" : candidates.joined(separator: ", ")
        guard let nearest = Self.nearest(to: word, among: candidates) else { return "\(noun): \(list)" }
        return "did you mean `\(nearest)`? \(noun): \(list)"
    }

    /// Insertions, deletions, replacements and swaps of neighbours between two words.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased().unicodeScalars.prefix(Self.longestWord))
        let right = Array(right.lowercased().unicodeScalars.prefix(Self.longestWord))
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, leftScalar) in left.enumerated() {
            var current = [row + 1]
            for (column, rightScalar) in right.enumerated() {
                let replaced = last[column] + (leftScalar == rightScalar ? 0 : 1)
                var distance = min(last[column + 1] + 1, current[column] + 1, replaced)
                if row > 0, column > 0, leftScalar == right[column - 1], left[row - 1] == rightScalar {
                    distance = min(distance, beforeLast[column - 1] + 1)
                }
                current.append(distance)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
