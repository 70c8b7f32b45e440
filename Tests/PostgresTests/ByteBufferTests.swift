import Postgres
import Testing

@Suite struct ByteBufferTests {
    func bytes(_ buffer: borrowing ByteBuffer) -> [UInt8] {
        buffer.bytes.withUnsafeBytes { Array($0) }
    }

    @Test func `bytes stay in order while the buffer grows`() {
        var buffer = ByteBuffer(capacity: 1)
        var expected: [UInt8] = []
        for length in 0..<200 {
            let piece = [UInt8](repeating: UInt8(length), count: length)
            buffer.append(piece.span.bytes)
            expected += piece
        }
        #expect(self.bytes(buffer) == expected)
        #expect(buffer.count == expected.count)
    }

    @Test func `bytes are removed at either end`() {
        var buffer = ByteBuffer()
        buffer.append(([1, 2, 3, 4, 5] as [UInt8]).span.bytes)
        buffer.removeFirst(2)
        #expect(self.bytes(buffer) == [3, 4, 5])
        buffer.truncate(to: 1)
        #expect(self.bytes(buffer) == [3])
        buffer.append(([9] as [UInt8]).span.bytes)
        #expect(self.bytes(buffer) == [3, 9])
        buffer.removeFirst(2)
        #expect(buffer.isEmpty == true)
    }

    @Test func `memory is kept unless it is given back`() {
        var buffer = ByteBuffer()
        buffer.append([UInt8](repeating: 1, count: 1_000_000).span.bytes)
        let grown = buffer.capacity
        buffer.removeAll()
        #expect(buffer.capacity == grown)
        buffer.removeAll(keepingCapacity: false)
        #expect(buffer.capacity < grown)
        #expect(buffer.isEmpty == true)
    }
}
