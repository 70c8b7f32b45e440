import Testing

@testable import RowPipeline

/// Where the system has no memory; nothing has 2^60 bytes, and nobody writes to them.
@Suite struct RefusedMemoryTests {
    private static let tooMuch = 1 << 60

    private static func bytes(_ buffer: borrowing UnsafeByteBuffer) -> [UInt8] {
        (0..<buffer.count).map { buffer.byte(at: $0) }
    }

    @Test func `a buffer that was refused memory takes nothing more until it is cleared`() {
        var buffer = UnsafeByteBuffer(capacity: 4)
        buffer.append([1, 2, 3])
        let hasRoom = buffer.reserve(Self.tooMuch)
        #expect(!hasRoom)
        #expect(buffer.refusedBytes >= Self.tooMuch)
        // What there is room for may still go in; what needs more does not.
        buffer.append(4 as UInt8)
        buffer.append(integer: 7 as Int64)
        buffer.append(integer: 8, 7)
        buffer.append([5, 6])
        buffer.store(9, at: 4)
        #expect(Self.bytes(buffer) == [1, 2, 3, 4])
        #expect(buffer.byte(at: 4) == 0)
        buffer.truncate(to: 0)
        #expect(buffer.refusedBytes > 0)
        buffer.clear()
        #expect(buffer.refusedBytes == 0)
        buffer.append([UInt8](repeating: 7, count: 100))
        #expect(Self.bytes(buffer) == [UInt8](repeating: 7, count: 100))
    }

    @Test func `a buffer may be refused its first memory`() {
        var buffer = UnsafeByteBuffer(capacity: Self.tooMuch)
        #expect(buffer.refusedBytes == Self.tooMuch)
        buffer.append(1 as UInt8)
        #expect(buffer.count == 0)
        #expect(buffer.bytes.byteCount == 0)
    }

    private static let operations: [ColumnOperation] = [
        .copy(input: 0), .convert(input: 1, .text(maximumCharacters: 1000, truncates: true)),
        .map(.init(input: 2, entries: [.init(key: "a", value: text("mapped"))], otherwise: .reject, null: nil)),
        .json(.init(input: 3, isBinary: true, onInvalid: .repair, references: [])),
        .json(.init(input: 3, isBinary: false, onInvalid: .wrap, references: [])),
    ]

    @Test func `rows without memory fail their input, and come out right when there is some`() throws {
        var transformer = try RowTransformer(
            program: program(Self.operations, inputs: 4),
            identities: [:],
            environment: TransformEnvironment(entity: "own")
        )
        let rows: [[[UInt8]?]] = (1...20)
            .map { [bigEndian(Int64($0)), text("row \($0)"), text("a"), text("{'n': True}")] }
        let input = stream(rows)
        var rejects: [RejectedRow] = []
        var counters = RowCounters(columns: Self.operations.count)
        // At any place of a row.
        for room in 0..<300 {
            var buffer = CopyBuffer(capacity: room)
            buffer.storage.reserve(Self.tooMuch)
            transformer.beginStream()
            let error = #expect(throws: RowPipelineError.self) {
                try transformer.transform(input.span.bytes, into: &buffer, rejects: &rejects, counters: &counters)
            }
            #expect(error?.code == .outOfMemory)
            #expect(error?.message.contains("the last row has 44 bytes") == true, "\(error?.message ?? "")")
        }
        let outcome = try transform(input, with: &transformer)
        #expect(outcome.keys == Array(1...20))
        let document = outcome.rows[19][3] ?? []
        #expect(String(decoding: document.dropFirst(), as: UTF8.self) == "{\"n\":true}")
    }
}
