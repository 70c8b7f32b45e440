/// Makes JSON documents, about half of them damaged.
struct DocumentGenerator {
    var random: SeededGenerator

    init(random: SeededGenerator) {
        self.random = random
    }

    mutating func document() -> String {
        var text = Array(self.value(depth: 0).unicodeScalars)
        if Bool.random(using: &self.random) {
            for _ in 0..<Int.random(in: 1...3, using: &self.random) { self.damage(&text) }
        }
        return String(String.UnicodeScalarView(text))
    }

    mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 4 ? 6 : 10), using: &self.random) {
        case 0: return "null"
        case 1: return Bool.random(using: &self.random) ? "true" : "false"
        case 2, 3: return self.number()
        case 4, 5: return self.string()
        case 6, 7:
            let elements = (0..<Int.random(in: 0...4, using: &self.random)).map { _ in self.value(depth: depth + 1) }
            return "[" + elements.joined(separator: self.pick([",", ", ", " ,\n"])) + "]"
        default:
            let members = (0..<Int.random(in: 0...4, using: &self.random))
                .map { _ in
                    self.string() + self.pick([":", ": ", "\t:\r\n"]) + self.value(depth: depth + 1)
                }
            return "{" + members.joined(separator: self.pick([",", ", "])) + "}"
        }
    }

    private mutating func number() -> String {
        var text = self.pick(["", "-"]) + "\(UInt32.random(in: 0...self.pick([9, 1000, .max]), using: &self.random))"
        if Int.random(in: 0..<3, using: &self.random) == 0 {
            text += ".\(UInt16.random(in: 0...999, using: &self.random))"
        }
        if Int.random(in: 0..<4, using: &self.random) == 0 {
            text += self.pick(["e", "E"]) + self.pick(["", "+", "-"])
            text +=
                "\(self.pick([3, 20, 16_380, 131_066, 1_073_741_820, 99_999_999_999]) + Int.random(in: 0..<8, using: &self.random))"
        }
        return text
    }

    mutating func string() -> String {
        let pieces = [
            "a", "id", "case_id", "é", "\u{1f600}", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e9",
            "\\ud83d\\ude00", " ", "'",
            "long enough for eight bytes at a time", "\\b\\f\\r\\t", "\u{7f}", "{", "]",
        ]
        let rare = ["\\u0000", "\\ud83d", "\\ude00", "\\ud83d\\ud83d", "\\x", "\n", "\u{1}", "\\u00g0", "\\"]
        var text = "\""
        for _ in 0..<Int.random(in: 0...4, using: &self.random) {
            text += Int.random(in: 0..<40, using: &self.random) == 0 ? self.pick(rare) : self.pick(pieces)
        }
        return text + "\""
    }

    private mutating func damage(_ text: inout [Unicode.Scalar]) {
        let alphabet: [Unicode.Scalar] = [
            "{", "}", "[", "]", ",", ":", "\"", "'", "\\", "u", "0", "9", "-", "+", ".", "e", "E", "t", "n", " ", "\n",
            "\u{c}",
            "\u{1}", "\u{1f}", "é", "_", "/", "d", "8",
        ]
        let place = Int.random(in: 0...text.count, using: &self.random)
        switch Int.random(in: 0..<5, using: &self.random) {
        case 0 where place < text.count: text.remove(at: place)
        case 1 where place < text.count: text[place] = self.pick(alphabet)
        case 2: text.removeLast(min(text.count, Int.random(in: 1...4, using: &self.random)))
        case 3 where place < text.count:
            let other = Int.random(in: 0..<text.count, using: &self.random)
            text.swapAt(place, other)
        default: text.insert(self.pick(alphabet), at: place)
        }
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self.random)]
    }
}
