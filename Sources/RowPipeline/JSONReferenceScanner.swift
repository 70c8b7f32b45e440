/// Finds the integer ids at given paths of a document that the `JSONChecker` has accepted.
struct JSONReferenceScanner: Sendable {
    /// An id that a path leads to: where its digits stand, and which path it was.
    struct Occurrence: Sendable {
        var range: Range<Int>
        var reference: Int
        var id: Int64
    }

    /// What the last scan found, in the order of the text.
    private(set) var occurrences: [Occurrence] = []
    private let paths: [[[UInt8]]]
    /// Paths that every container so far agrees with, one bit each, per open level.
    private var levels: [(isObject: Bool, paths: UInt64)] = []
    private var keyBytes: [UInt8] = []

    /// At most 64 paths.
    init(paths: [[String]]) {
        self.paths = paths.map { $0.map { Array($0.utf8) } }
    }

    private static let unicodeEscape: [UInt8] = Array("\\u".utf8)
    private static let anyElement: [UInt8] = Array("[*]".utf8)

    mutating func scan(_ text: RawSpan) {
        self.occurrences.removeAll(keepingCapacity: true)
        self.levels.removeAll(keepingCapacity: true)
        var candidates: UInt64 = self.paths.count == 64 ? .max : 1 << UInt64(self.paths.count) - 1
        var expectsKey = false
        var position = 0
        while position < text.byteCount {
            let byte = text.byte(position)
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let isObject = byte == UInt8(ascii: "{")
                self.levels.append((isObject, candidates))
                expectsKey = isObject
                if !isObject { candidates = self.narrowed(candidates, to: Self.anyElement, depth: self.levels.count) }
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                self.levels.removeLast()
                expectsKey = false
                position += 1
            case UInt8(ascii: ","):
                expectsKey = self.levels.last?.isObject ?? false
                if !expectsKey, let level = self.levels.last {
                    candidates = self.narrowed(level.paths, to: Self.anyElement, depth: self.levels.count)
                }
                position += 1
            case UInt8(ascii: "\""):
                let end = JSONString.end(in: text, from: position, .json) ?? text.byteCount
                if expectsKey, let level = self.levels.last {
                    self.decodeKey(text, position + 1, end - 1)
                    candidates = self.narrowed(level.paths, to: self.keyBytes, depth: self.levels.count)
                    expectsKey = false
                }
                position = end
            case UInt8(ascii: "-"), 0x30...0x39:
                let end = JSONNumber.end(in: text, from: position, .json) ?? text.byteCount
                self.record(text, position..<end, candidates)
                position = end
            default:
                position += 1
            }
        }
    }

    /// The paths among the candidates whose element at this depth is the name.
    private func narrowed(_ candidates: UInt64, to name: [UInt8], depth: Int) -> UInt64 {
        var result: UInt64 = 0
        var rest = candidates
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            if self.paths[index].count >= depth && self.paths[index][depth - 1] == name { result |= 1 << UInt64(index) }
        }
        return result
    }

    private mutating func record(_ text: RawSpan, _ range: Range<Int>, _ candidates: UInt64) {
        var rest = candidates
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            if self.paths[index].count == self.levels.count, let id = Self.integer(text, range) {
                self.occurrences.append(Occurrence(range: range, reference: index, id: id))
                return
            }
        }
    }

    private static func integer(_ text: RawSpan, _ range: Range<Int>) -> Int64? {
        let isNegative = text.byte(range.lowerBound) == UInt8(ascii: "-")
        var value: Int64 = 0
        for position in range.dropFirst(isNegative ? 1 : 0) {
            let digit = text.byte(position) &- 0x30
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let next =
                isNegative
                ? product.subtractingReportingOverflow(Int64(digit)) : product.addingReportingOverflow(Int64(digit))
            guard !overflow, !next.overflow else { return nil }
            value = next.partialValue
        }
        return value
    }

    private mutating func decodeKey(_ text: RawSpan, _ start: Int, _ end: Int) {
        self.keyBytes.removeAll(keepingCapacity: true)
        var position = start
        while position < end {
            let byte = text.byte(position)
            guard byte == UInt8(ascii: "\\") else {
                self.keyBytes.append(byte)
                position += 1
                continue
            }
            let letter = text.byte(position + 1)
            position += 2
            switch letter {
            case UInt8(ascii: "b"): self.keyBytes.append(0x08)
            case UInt8(ascii: "f"): self.keyBytes.append(0x0c)
            case UInt8(ascii: "n"): self.keyBytes.append(0x0a)
            case UInt8(ascii: "r"): self.keyBytes.append(0x0d)
            case UInt8(ascii: "t"): self.keyBytes.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = JSONString.codeUnit(text, at: position) ?? 0xfffd
                position += 4
                if (0xd800..<0xdc00).contains(scalar), text.matches(Self.unicodeEscape, at: position),
                    let low = JSONString.codeUnit(text, at: position + 2)
                {
                    scalar = 0x10000 + (scalar & 0x3ff) << 10 + (low & 0x3ff)
                    position += 6
                }
                self.keyBytes.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{fffd}")!)
            default: self.keyBytes.append(letter)
            }
        }
    }
}
