/// A `MapOperation` with its keys sorted, found by binary search over bytes.
struct CompiledMap: Sendable {
    let input: Int
    /// In ascending order of length, then bytes.
    private let keys: [[UInt8]]
    /// Whole fields, length included, in the order of `keys`.
    private let values: [[UInt8]]
    let otherwise: [UInt8]?
    let null: [UInt8]

    init(_ map: MapOperation) {
        self.input = map.input
        let entries = map.entries.map { (Array($0.key.utf8), CompiledStep.field($0.value)) }
            .sorted { Self.precedes($0.0, $1.0) }
        self.keys = entries.map { $0.0 }
        self.values = entries.map { $0.1 }
        if case .value(let value) = map.otherwise {
            self.otherwise = CompiledStep.field(value)
        } else {
            self.otherwise = nil
        }
        self.null = CompiledStep.field(map.null)
    }

    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count != right.count ? left.count < right.count : left.lexicographicallyPrecedes(right)
    }

    /// Writes the field for a key; false where there is none.
    func write(_ key: RawSpan, into output: inout UnsafeByteBuffer) -> Bool {
        var lower = 0
        var upper = self.keys.count
        while lower < upper {
            let middle = (lower + upper) / 2
            switch self.order(middle, key) {
            case 0:
                output.append(self.values[middle])
                return true
            case ..<0: lower = middle + 1
            default: upper = middle
            }
        }
        return false
    }

    /// Below 0 where the entry stands before the key, 0 where it is the key.
    private func order(_ entry: Int, _ key: RawSpan) -> Int {
        let count = self.keys[entry].count
        if count != key.byteCount { return count - key.byteCount }
        for index in 0..<count {
            let difference = Int(self.keys[entry][index]) - Int(key.byte(index))
            if difference != 0 { return difference }
        }
        return 0
    }
}
