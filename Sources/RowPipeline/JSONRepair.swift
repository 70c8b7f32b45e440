/// Mends texts that are nearly JSON, without guessing; what comes out still has to pass the `JSONChecker`.
///
/// It reads JSON and Python's `repr` of dictionaries, lists and tuples: single quotes and `u` prefixes, Python's escapes,
/// `True`, `False`, `None`, trailing commas, long integers (`1L`), keys that are numbers or constants (as `json.dumps` writes
/// them). Inside strings `\u0000` disappears, lone surrogates become U+FFFD and raw control characters are escaped.
struct JSONRepair: ~Copyable {
    /// The mended text of the last `mend`.
    var output = UnsafeByteBuffer(capacity: 4096)
    private var closers: [UInt8] = []
    private let maximumDepth: Int

    init(maximumDepth: Int) {
        self.maximumDepth = maximumDepth
    }

    /// Writes the mended text to `output`, and tells whether the whole text could be read.
    mutating func mend(_ text: RawSpan) -> Bool {
        self.output.truncate(to: 0)
        self.closers.removeAll(keepingCapacity: true)
        var position = 0
        var elements = 0
        while true {
            position = JSONChecker.skipWhitespace(text, from: position)
            guard position < text.byteCount else { return false }
            let byte = text.byte(position)
            if let closer = self.closers.last, byte == closer {
                position += 1
                self.closers.removeLast()
                self.output.append(closer == UInt8(ascii: "}") ? closer : UInt8(ascii: "]"))
            } else {
                if elements > 0 { self.output.append(UInt8(ascii: ",")) }
                if self.closers.last == UInt8(ascii: "}") {
                    guard let end = self.key(text, from: position) else { return false }
                    position = JSONChecker.skipWhitespace(text, from: end)
                    guard position < text.byteCount else { return false }
                }
                if let closer = Self.closer(of: text.byte(position)) {
                    guard self.closers.count < self.maximumDepth else { return false }
                    self.closers.append(closer)
                    self.output.append(closer == UInt8(ascii: "}") ? UInt8(ascii: "{") : UInt8(ascii: "["))
                    position += 1
                    elements = 0
                    continue
                }
                guard let end = self.scalar(text, from: position) else { return false }
                position = end
            }
            position = JSONChecker.skipWhitespace(text, from: position)
            if self.closers.isEmpty { return position == text.byteCount }
            guard position < text.byteCount else { return false }
            elements = 1
            if text.byte(position) == UInt8(ascii: ",") {
                position += 1
            } else if text.byte(position) != self.closers.last {
                return false
            }
        }
    }

    /// Exchanges the output, so that it can be read while something else changes; again, to return the memory.
    mutating func exchangeOutput(with buffer: inout UnsafeByteBuffer) {
        swap(&self.output, &buffer)
    }

    private static func closer(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "{"): UInt8(ascii: "}")
        case UInt8(ascii: "["): UInt8(ascii: "]")
        case UInt8(ascii: "("): UInt8(ascii: ")")
        default: nil
        }
    }

    /// Writes a key as a string, and its colon.
    private mutating func key(_ text: RawSpan, from start: Int) -> Int? {
        let isString = Self.stringStart(text, at: start) != nil
        if !isString { self.output.append(UInt8(ascii: "\"")) }
        guard let end = self.scalar(text, from: start) else { return nil }
        if !isString { self.output.append(UInt8(ascii: "\"")) }
        let colon = JSONChecker.skipWhitespace(text, from: end)
        guard colon < text.byteCount, text.byte(colon) == UInt8(ascii: ":") else { return nil }
        self.output.append(UInt8(ascii: ":"))
        return colon + 1
    }

    private mutating func scalar(_ text: RawSpan, from start: Int) -> Int? {
        if let quote = Self.stringStart(text, at: start) {
            return self.string(text, from: quote)
        }
        var end = start
        while end < text.byteCount {
            let byte = text.byte(end)
            guard JSONChecker.isWordCharacter(byte) || byte == 0x2b || byte == 0x2d || byte == 0x2e else { break }
            end += 1
        }
        let word = text.extracting(start..<end)
        for (python, json) in Self.constants where word.byteCount == python.count && word.matches(python, at: 0) {
            self.output.append(json)
            return end
        }
        let isLong = word.byteCount > 1 && word.byte(word.byteCount - 1) == UInt8(ascii: "L")
        let number = word.extracting(0..<(word.byteCount - (isLong ? 1 : 0)))
        guard number.byteCount > 0, number.byte(0) == 0x2d || (0x30...0x39).contains(number.byte(0)),
            JSONNumber.end(in: number, from: 0, .json) == number.byteCount
        else { return nil }
        self.output.append(number)
        return end
    }

    /// Position of the opening quote, behind a `u` prefix.
    private static func stringStart(_ text: RawSpan, at start: Int) -> Int? {
        let prefixed = text.byte(start) | 0x20 == UInt8(ascii: "u") && start + 1 < text.byteCount
        let quote = text.byte(prefixed ? start + 1 : start)
        guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        return prefixed ? start + 1 : start
    }

    private static let constants: [([UInt8], [UInt8])] = [
        (Array("True".utf8), Array("true".utf8)), (Array("False".utf8), Array("false".utf8)),
        (Array("None".utf8), Array("null".utf8)), (Array("true".utf8), Array("true".utf8)),
        (Array("false".utf8), Array("false".utf8)), (Array("null".utf8), Array("null".utf8)),
    ]
}
