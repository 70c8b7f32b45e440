/// Decides whether PostgreSQL 15 accepts a UTF-8 text as `jsonb` (or as `json`), without building anything.
///
/// It follows `src/common/jsonapi.c` (the lexer and grammar) and, for `jsonb`, the value limits of `jsonb_util.c` and
/// `numeric.c`. Two limits of the server are not compared: its stack (`maximumDepth` stands in for `max_stack_depth`) and
/// the total size of a document's binary form, which only texts beyond 20 MB reach; such a row is refused by the server.
struct JSONChecker: Sendable {
    enum Dialect: Sendable {
        case json
        case jsonb
    }

    /// A level deeper than this is refused.
    let maximumDepth: Int
    /// Whether the last text that was refused was refused for its depth.
    private(set) var isTooDeep = false
    /// One bit per open level, 1 for an object; grown on demand and kept.
    private var objects: [UInt64] = [0]

    /// Bytes of one string or key that a `jsonb` header can count (`JENTRY_OFFLENMASK`).
    static let maximumStringBytes = 0x0fff_ffff

    init(maximumDepth: Int) {
        self.maximumDepth = maximumDepth
    }

    private enum Expectation {
        case value
        case valueOrClose
        case key
        case keyOrClose
        case commaOrClose
        case end
    }

    /// Whether the server accepts the text.
    mutating func accepts(_ text: RawSpan, as dialect: Dialect = .jsonb) -> Bool {
        self.isTooDeep = false
        var position = 0
        var depth = 0
        var isInObject = false
        var expectation = Expectation.value
        while true {
            position = Self.skipWhitespace(text, from: position)
            guard position < text.byteCount else { return expectation == .end }
            let byte = text.byte(position)
            switch expectation {
            case .end:
                return false
            case .commaOrClose:
                if byte == UInt8(ascii: ",") {
                    expectation = isInObject ? .key : .value
                } else if byte == (isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    isInObject = self.close(&depth)
                    expectation = depth == 0 ? .end : .commaOrClose
                } else {
                    return false
                }
                position &+= 1
                continue
            case .key, .keyOrClose:
                if byte == UInt8(ascii: "\"") {
                    guard let end = JSONString.end(in: text, from: position, dialect) else { return false }
                    position = Self.skipWhitespace(text, from: end)
                    guard position < text.byteCount, text.byte(position) == UInt8(ascii: ":") else { return false }
                    position &+= 1
                    expectation = .value
                } else if expectation == .keyOrClose, byte == UInt8(ascii: "}") {
                    isInObject = self.close(&depth)
                    expectation = depth == 0 ? .end : .commaOrClose
                    position &+= 1
                } else {
                    return false
                }
                continue
            case .valueOrClose:
                if byte == UInt8(ascii: "]") {
                    isInObject = self.close(&depth)
                    expectation = depth == 0 ? .end : .commaOrClose
                    position &+= 1
                    continue
                }
            case .value:
                break
            }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth < self.maximumDepth else {
                    self.isTooDeep = true
                    return false
                }
                isInObject = byte == UInt8(ascii: "{")
                self.open(isInObject, &depth)
                expectation = isInObject ? .keyOrClose : .valueOrClose
                position &+= 1
                continue
            case UInt8(ascii: "\""):
                guard let end = JSONString.end(in: text, from: position, dialect) else { return false }
                position = end
            case UInt8(ascii: "-"), 0x30...0x39:
                guard let end = JSONNumber.end(in: text, from: position, dialect) else { return false }
                position = end
            default:
                guard let end = Self.keywordEnd(text, from: position) else { return false }
                position = end
            }
            expectation = depth == 0 ? .end : .commaOrClose
        }
    }

    private mutating func open(_ isObject: Bool, _ depth: inout Int) {
        let word = depth >> 6
        if word == self.objects.count { self.objects.append(0) }
        let bit: UInt64 = 1 << UInt64(depth & 63)
        if isObject { self.objects[word] |= bit } else { self.objects[word] &= ~bit }
        depth &+= 1
    }

    /// Leaves a level and tells whether the one around it is an object.
    private func close(_ depth: inout Int) -> Bool {
        depth &-= 1
        guard depth > 0 else { return false }
        return self.objects[(depth &- 1) >> 6] >> UInt64((depth &- 1) & 63) & 1 == 1
    }

    static func skipWhitespace(_ text: RawSpan, from start: Int) -> Int {
        var position = start
        while position < text.byteCount {
            let byte = text.byte(position)
            guard byte <= 0x20, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { break }
            position &+= 1
        }
        return position
    }

    /// The end of `true`, `false` or `null`, which no further word character may follow.
    static func keywordEnd(_ text: RawSpan, from start: Int) -> Int? {
        guard text.byteCount &- start >= 4 else { return nil }
        let end: Int
        switch text.integer(start, as: UInt32.self) {
        case 0x7472_7565, 0x6e75_6c6c:
            end = start &+ 4
        case 0x6661_6c73:
            guard text.byteCount &- start > 4, text.byte(start &+ 4) == UInt8(ascii: "e") else { return nil }
            end = start &+ 5
        default:
            return nil
        }
        return end < text.byteCount && Self.isWordCharacter(text.byte(end)) ? nil : end
    }

    /// `JSON_ALPHANUMERIC_CHAR` of the server's lexer.
    static func isWordCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f, 0x80...0xff: true
        default: false
        }
    }
}
