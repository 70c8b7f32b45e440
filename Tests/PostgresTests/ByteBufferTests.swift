import Glibc
import Testing

@testable import Postgres

@Suite struct ByteBufferTests {
    func bytes(_ buffer: borrowing ByteBuffer) -> [UInt8] {
        buffer.bytes.withUnsafeBytes { Array($0) }
    }

    @Test func `bytes stay in order while the buffer grows`() {
        var buffer = ByteBuffer(capacity: 1)
        var expected: [UInt8] = []
        for length in 0..<200 {
            let piece = [UInt8](repeating: UInt8(length), count: length)
            let isKept = buffer.append(piece.span.bytes)
            #expect(isKept)
            expected += piece
        }
        #expect(self.bytes(buffer) == expected)
        #expect(buffer.count == expected.count)
    }

    @Test func `bytes are removed at either end`() {
        var buffer = ByteBuffer()
        _ = buffer.append(([1, 2, 3, 4, 5] as [UInt8]).span.bytes)
        buffer.removeFirst(2)
        #expect(self.bytes(buffer) == [3, 4, 5])
        buffer.truncate(to: 1)
        #expect(self.bytes(buffer) == [3])
        _ = buffer.append(([9] as [UInt8]).span.bytes)
        #expect(self.bytes(buffer) == [3, 9])
        buffer.removeFirst(2)
        #expect(buffer.isEmpty == true)
    }

    @Test func `memory is kept unless it is given back`() {
        var buffer = ByteBuffer()
        _ = buffer.append([UInt8](repeating: 1, count: 1_000_000).span.bytes)
        let grown = buffer.capacity
        buffer.removeAll()
        #expect(buffer.capacity == grown)
        buffer.removeAll(keepingCapacity: false)
        #expect(buffer.capacity < grown)
        #expect(buffer.isEmpty == true)
    }

    @Test func `an empty buffer makes another's memory its own`() throws {
        var buffer = ByteBuffer(capacity: 100)
        let row = try #require(malloc(3))
        memset(row, 7, 3)
        let isKept = buffer.append(adopting: row, count: 3)
        #expect(isKept)
        #expect(buffer.bytes.withUnsafeBytes { $0.baseAddress } == UnsafeRawPointer(row))
        #expect(buffer.capacity == 3)
        let isGrown = buffer.append(([8] as [UInt8]).span.bytes)
        #expect(isGrown)
        #expect(self.bytes(buffer) == [7, 7, 7, 8])
    }

    @Test func `another's memory stands behind what is there`() throws {
        var buffer = ByteBuffer()
        _ = buffer.append(([1, 2] as [UInt8]).span.bytes)
        let row = try #require(malloc(3))
        memset(row, 7, 3)
        let isKept = buffer.append(adopting: row, count: 3)
        #expect(isKept)
        #expect(self.bytes(buffer) == [1, 2, 7, 7, 7])
    }

    /// No system has so much, and none is asked to write to it.
    @Test func `memory that is refused leaves the buffer as it was`() throws {
        var buffer = ByteBuffer()
        let hasNone = buffer.reserve(1 << 60)
        #expect(!hasNone)
        _ = buffer.append(([1, 2] as [UInt8]).span.bytes)
        let hasMore = buffer.reserve(1 << 60)
        #expect(!hasMore)
        let row = try #require(malloc(3))
        let isKept = buffer.append(adopting: row, count: 1 << 60)
        #expect(!isKept)
        #expect(self.bytes(buffer) == [1, 2])
    }

    private static let outOfStep = "lost synchronization with server: got message type \"d\", length 104\n"

    @Test(arguments: [
        ("cannot allocate memory for input buffer\n\(Self.outOfStep)", 100), ("out of memory\n", nil),
        ("out of memory for query result\n", nil),
    ])
    func `what libpq says of its own memory is understood`(said: String, size: Int?) {
        #expect(PostgresError.isRefusedMemory(said))
        #expect(PostgresError.sizeOfRefusedMessage(said) == size)
    }

    @Test func `other words of libpq are no matter of memory`() {
        #expect(!PostgresError.isRefusedMemory("server closed the connection unexpectedly\n\tout of memory, maybe\n"))
        #expect(!PostgresError.isRefusedMemory(Self.outOfStep))
    }
}
