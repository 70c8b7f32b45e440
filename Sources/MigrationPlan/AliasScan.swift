/// Looks at a YAML text before the parser does, because the parser compares keys by their whole content:
/// an alias bomb used as a key would keep it busy forever.
///
/// The scan knows nothing of quotes, so it may see anchors where there are none (`flags &mask` in SQL); it asks for
/// an anchor *and* an alias of the same name before it limits anything.
struct AliasScan {
    private var anchors: Set<[UInt8]> = []
    private var anchorCount = 0
    private var aliases: [[UInt8]] = []
    private var firstComplexKey: Int?
    private var tooDeepAt: Int?

    /// The finding that stops the loader from parsing the text, nil where it is safe to parse.
    static func refusal(of text: String) -> Finding? {
        let bytes = Array(text.utf8)
        var scan = Self()
        scan.read(bytes)
        func position(_ offset: Int) -> Position { TextPosition.of(offset: offset, in: bytes) }
        if let offset = scan.tooDeepAt {
            return Finding(
                .error,
                "too-deep",
                "brackets nest deeper than \(PlanLimits.depth) levels",
                at: position(offset)
            )
        }
        guard scan.aliases.contains(where: { scan.anchors.contains($0) }) else { return nil }
        if scan.anchorCount > PlanLimits.anchors || scan.aliases.count > PlanLimits.aliases {
            return Finding(
                .error,
                "too-many-aliases",
                "the plan has more than \(PlanLimits.anchors) anchors or \(PlanLimits.aliases) aliases",
                hint: "write the values out",
                at: Position(line: 1, column: 1)
            )
        }
        guard let offset = scan.firstComplexKey else { return nil }
        return Finding(
            .error,
            "complex-key",
            "a plan with aliases may not have an alias, a list or a mapping as a key",
            hint: "write the key out",
            at: position(offset)
        )
    }

    private mutating func read(_ bytes: [UInt8]) {
        var depth = 0
        for (offset, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth > PlanLimits.depth && self.tooDeepAt == nil { self.tooDeepAt = offset }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth = max(0, depth - 1)
                if Self.isKeyEnd(bytes, after: offset) { self.noteComplexKey(at: offset) }
            case UInt8(ascii: "?") where Self.isTokenStart(bytes, offset) && Self.isBlank(bytes, offset + 1):
                self.noteComplexKey(at: offset)
            case UInt8(ascii: "&") where Self.isTokenStart(bytes, offset):
                guard let name = Self.name(bytes, from: offset + 1) else { continue }
                self.anchorCount += 1
                self.anchors.insert(name)
            case UInt8(ascii: "*") where Self.isTokenStart(bytes, offset):
                guard let name = Self.name(bytes, from: offset + 1) else { continue }
                self.aliases.append(name)
                if Self.isKeyEnd(bytes, after: offset + name.count) { self.noteComplexKey(at: offset) }
            default:
                continue
            }
        }
    }

    private mutating func noteComplexKey(at offset: Int) {
        self.firstComplexKey = self.firstComplexKey ?? offset
    }

    private static func name(_ bytes: [UInt8], from start: Int) -> [UInt8]? {
        let name = bytes[min(start, bytes.count)...]
            .prefix { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default:
                    false
                }
            }
        return name.isEmpty ? nil : Array(name)
    }

    private static func isTokenStart(_ bytes: [UInt8], _ offset: Int) -> Bool {
        guard offset > 0 else { return true }
        return Self.isBlank(bytes, offset - 1) || Array("[{,:-?".utf8).contains(bytes[offset - 1])
    }

    private static func isBlank(_ bytes: [UInt8], _ offset: Int) -> Bool {
        offset >= bytes.count || Array(" \t\r\n".utf8).contains(bytes[offset])
    }

    /// Whether a single colon follows, as after a key; two are a cast.
    private static func isKeyEnd(_ bytes: [UInt8], after offset: Int) -> Bool {
        var next = offset + 1
        while next < bytes.count, Array(" \t".utf8).contains(bytes[next]) { next += 1 }
        guard next < bytes.count, bytes[next] == UInt8(ascii: ":") else { return false }
        return next + 1 >= bytes.count || bytes[next + 1] != UInt8(ascii: ":")
    }
}
