/// A `MapOperation` with its keys sorted, found by binary search over lengths and first bytes.
struct CompiledMap: Sendable {
    let input: Int
    private let entries: [Entry]
    /// The keys and whole fields of all entries, one after the other; in one piece, so that a look into it is no reference.
    private let bytes: [UInt8]
    let otherwise: [UInt8]?
    let null: [UInt8]

    init(_ map: MapOperation) {
        self.input = map.input
        var bytes: [UInt8] = []
        var entries: [Entry] = []
        for entry in map.entries {
            let key = Array(entry.key.utf8)
            let value = CompiledStep.field(entry.value)
            entries.append(
                Entry(
                    size: key.count,
                    prefix: Self.prefix(key.span.bytes),
                    key: bytes.count,
                    value: (bytes.count + key.count)..<(bytes.count + key.count + value.count)
                )
            )
            bytes += key + value
        }
        self.bytes = bytes
        self.entries = entries.sorted { left, right in
            if left.size != right.size { return left.size < right.size }
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            return bytes[left.key..<left.value.lowerBound]
                .lexicographicallyPrecedes(
                    bytes[right.key..<right.value.lowerBound]
                )
        }
        if case .value(let value) = map.otherwise {
            self.otherwise = CompiledStep.field(value)
        } else {
            self.otherwise = nil
        }
        self.null = CompiledStep.field(map.null)
    }

    /// Writes the field for a key; false where there is none.
    func write(_ key: RawSpan, into output: inout UnsafeByteBuffer) -> Bool {
        let prefix = Self.prefix(key)
        var lower = 0
        var upper = self.entries.count
        while lower < upper {
            let middle = (lower + upper) / 2
            let entry = self.entries[middle]
            let isBefore: Bool
            if entry.size != key.byteCount {
                isBefore = entry.size < key.byteCount
            } else if entry.prefix != prefix {
                isBefore = entry.prefix < prefix
            } else {
                let difference = self.difference(entry, key)
                if difference == 0 {
                    output.append(self.bytes.span.bytes.extracting(entry.value))
                    return true
                }
                isBefore = difference < 0
            }
            if isBefore { lower = middle + 1 } else { upper = middle }
        }
        return false
    }

    /// Behind the prefix, of a key of the same length: below 0 where the entry's bytes stand before it, 0 where they are it.
    private func difference(_ entry: Entry, _ key: RawSpan) -> Int {
        guard entry.size > 8 else { return 0 }
        for index in 8..<entry.size {
            let difference = Int(self.bytes[entry.key + index]) - Int(key.byte(index))
            if difference != 0 { return difference }
        }
        return 0
    }

    /// The first eight bytes as a number that sorts like them; missing ones are 0, which the length tells from others.
    private static func prefix(_ key: RawSpan) -> UInt64 {
        if key.byteCount >= 8 { return key.integer(0, as: UInt64.self) }
        var prefix: UInt64 = 0
        for index in 0..<key.byteCount { prefix |= UInt64(key.byte(index)) << UInt64(56 - 8 * index) }
        return prefix
    }

    private struct Entry: Sendable {
        var size: Int
        var prefix: UInt64
        /// Where the key's bytes begin; those of the field follow them.
        var key: Int
        var value: Range<Int>
    }
}
