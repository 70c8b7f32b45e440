/// Decides whether PostgreSQL 15 accepts a UTF-8 text as `jsonb` (or as `json`), without building anything.
///
/// It follows `src/common/jsonapi.c` (the lexer and grammar) and, for `jsonb`, the value limits of `jsonb_util.c` and
/// `numeric.c`. Two limits of the server are not compared: its stack (`maximumDepth` stands in for `max_stack_depth`) and
/// the total size of a document's binary form, which only texts beyond 20 MB reach; such a row is refused by the server.
struct JSONChecker: ~Copyable, Sendable {
    enum Dialect: Sendable {
        case json
        case jsonb
    }

    /// A level deeper than this is refused.
    let maximumDepth: Int
    /// Whether the last text that was refused was refused for its depth.
    private(set) var isTooDeep = false
    /// Members of the outermost object of the last text that was accepted.
    var members = JSONMembers()

    /// Bytes of one string or key that a `jsonb` header can count (`JENTRY_OFFLENMASK`).
    static let maximumStringBytes = 0x0fff_ffff

    init(maximumDepth: Int) {
        self.maximumDepth = maximumDepth
    }

    /// Whether the server accepts the text.
    mutating func accepts(_ text: RawSpan, as dialect: Dialect = .jsonb) -> Bool {
        self.isTooDeep = false
        self.members.removeAll()
        var position = 0
        var levels = Levels()
        var place = Place.value
        while true {
            if place == .value {
                position = Self.skipWhitespace(text, from: position)
                guard position < text.byteCount else { return false }
                let byte = text.byte(position)
                switch byte {
                case UInt8(ascii: "\""):
                    guard let end = JSONString.end(in: text, from: position, dialect) else { return false }
                    position = end
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    guard levels.depth < self.maximumDepth else {
                        self.isTooDeep = true
                        return false
                    }
                    let isObject = byte == UInt8(ascii: "{")
                    levels.open(isObject)
                    position = Self.skipWhitespace(text, from: position &+ 1)
                    guard position < text.byteCount else { return false }
                    guard text.byte(position) == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                        if isObject { place = self.skipKeys(text, &position, isOutermost: levels.depth == 1, dialect) }
                        guard place != .nowhere else { return false }
                        continue
                    }
                    levels.close()
                    position &+= 1
                case UInt8(ascii: "-"), 0x30...0x39:
                    guard let end = JSONNumber.end(in: text, from: position, dialect) else { return false }
                    position = end
                default:
                    guard let end = Self.keywordEnd(text, from: position) else { return false }
                    position = end
                }
            }
            // A value has ended here: what follows closes levels, separates it from the next one, or is nothing.
            while true {
                if levels.depth == 1 { self.members.end(at: position) }
                position = Self.skipWhitespace(text, from: position)
                guard levels.depth > 0 else { return position == text.byteCount }
                guard position < text.byteCount else { return false }
                let byte = text.byte(position)
                position &+= 1
                if byte == UInt8(ascii: ",") { break }
                guard byte == (levels.isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { return false }
                levels.close()
            }
            place = .value
            if levels.isInObject {
                position = Self.skipWhitespace(text, from: position)
                place = self.skipKeys(text, &position, isOutermost: levels.depth == 1, dialect)
                guard place != .nowhere else { return false }
            }
        }
    }

    enum Place {
        /// Where a value begins.
        case value
        /// Where one has ended.
        case behindValue
        /// Where nothing can follow that would make the text valid.
        case nowhere
    }

    /// Which of the open levels are objects: the innermost 64 in one word, those around them in memory.
    private struct Levels {
        private(set) var depth = 0
        /// One bit per level, 1 for an object, the innermost one lowest.
        private var inner: UInt64 = 0
        private var outer: [UInt64] = []

        var isInObject: Bool { self.inner & 1 == 1 }

        mutating func open(_ isObject: Bool) {
            if self.depth > 0, self.depth & 63 == 0 { self.outer.append(self.inner) }
            self.inner = self.inner << 1 | (isObject ? 1 : 0)
            self.depth &+= 1
        }

        mutating func close() {
            self.depth &-= 1
            self.inner >>= 1
            if self.depth > 0, self.depth & 63 == 0 { self.inner = self.outer.removeLast() }
        }
    }

    /// Inlined for `scripts/microbenchmark json`: nearly always there is none, or one space.
    @inline(__always)
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
