/// The stored form, kept in shard rows and exchanged between builds: numbers little-endian.
///
///     1 byte   format, 1
///     4 bytes  number of containers
///     each:    8 bytes key (id >> 16, signed), 1 byte form (0 runs, 1 array, 2 bitmap),
///              2 bytes number of ids - 1, 2 bytes number of cells - 1, cells of 2 bytes
extension PresenceSet {
    /// The stored form; every container in its smallest form, so that equal sets have equal bytes.
    package func serialized() -> [UInt8] {
        var bytes: [UInt8] = [1]
        Self.append(UInt64(self.chunks.count), size: 4, to: &bytes)
        for chunk in self.chunks {
            var smallest = chunk
            let runCells = 2 * chunk.runCount
            let arrayCells = chunk.count
            if runCells <= min(arrayCells, PresenceChunk.bitmapCells) {
                smallest.convert(to: .runs)
            } else {
                smallest.convert(to: arrayCells < PresenceChunk.bitmapCells ? .array : .bitmap)
            }
            Self.append(UInt64(bitPattern: smallest.key), size: 8, to: &bytes)
            bytes.append(smallest.form.rawValue)
            Self.append(UInt64(smallest.count - 1), size: 2, to: &bytes)
            Self.append(UInt64(smallest.cells.count - 1), size: 2, to: &bytes)
            for cell in smallest.cells { Self.append(UInt64(cell), size: 2, to: &bytes) }
        }
        return bytes
    }

    /// Reads the stored form and refuses bytes that are cut off, contradict themselves or go on too long.
    package init(serialized bytes: [UInt8]) throws(RowPipelineError) {
        var reader = Reader(bytes: bytes)
        guard try reader.next(1) == 1 else { throw Self.malformed("its format is unknown") }
        let chunkCount = try reader.next(4)
        var chunks: [PresenceChunk] = []
        for _ in 0..<chunkCount {
            let key = Int64(bitPattern: try reader.next(8))
            guard key == (key << 16) >> 16, chunks.last.map({ $0.key < key }) ?? true else {
                throw Self.malformed("its containers are out of order")
            }
            var chunk = PresenceChunk(key: key)
            guard let form = PresenceChunk.Form(rawValue: UInt8(try reader.next(1))) else {
                throw Self.malformed("a container has an unknown form")
            }
            chunk.form = form
            chunk.count = Int(try reader.next(2)) + 1
            let cellCount = Int(try reader.next(2)) + 1
            guard cellCount <= PresenceChunk.bitmapCells else { throw Self.malformed("a container is too large") }
            chunk.cells.reserveCapacity(min(cellCount, bytes.count))
            for _ in 0..<cellCount { chunk.cells.append(UInt16(try reader.next(2))) }
            guard chunk.isValid else { throw Self.malformed("a container contradicts itself") }
            chunks.append(chunk)
        }
        guard reader.isAtEnd else { throw Self.malformed("bytes follow its end") }
        self.init(chunks: chunks)
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        var isAtEnd: Bool {
            self.position == self.bytes.count
        }

        mutating func next(_ size: Int) throws(RowPipelineError) -> UInt64 {
            guard self.bytes.count - self.position >= size else { throw PresenceSet.malformed("it is cut off") }
            var value: UInt64 = 0
            for index in 0..<size { value |= UInt64(self.bytes[self.position + index]) << UInt64(8 * index) }
            self.position += size
            return value
        }
    }

    private static func malformed(_ what: String) -> RowPipelineError {
        RowPipelineError(.malformedPresence, "a stored presence set is damaged: \(what)")
    }

    private static func append(_ value: UInt64, size: Int, to bytes: inout [UInt8]) {
        for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }
}

extension PresenceChunk {
    /// Whether cells and count agree and keep the order that the other methods rely on.
    fileprivate var isValid: Bool {
        switch self.form {
        case .bitmap:
            return self.cells.count == Self.bitmapCells
                && self.cells.reduce(0) { $0 + $1.nonzeroBitCount } == self.count
        case .array:
            return self.cells.count == self.count && zip(self.cells, self.cells.dropFirst()).allSatisfy { $0 < $1 }
        case .runs:
            guard self.cells.count.isMultiple(of: 2) else { return false }
            var end = -2
            var total = 0
            for index in stride(from: 0, to: self.cells.count, by: 2) {
                let start = Int(self.cells[index])
                guard start > end + 1 else { return false }
                end = start + Int(self.cells[index + 1])
                total += end - start + 1
                guard end <= 0xffff else { return false }
            }
            return total == self.count
        }
    }
}
