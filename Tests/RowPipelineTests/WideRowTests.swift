import RowPipeline
import Testing

/// Rows whose large fields stay in the input.
@Suite struct WideRowTests {
    private static let operations: [ColumnOperation] = [
        .convert(input: 1, .text(maximumCharacters: 1000, truncates: true)), .copy(input: 0), .copy(input: 2),
        .json(.init(input: 3, isBinary: true, onInvalid: .repair, references: [])), .copy(input: 1),
    ]

    /// All rows are wide from so many bytes on, and fields large from a 64th of that on.
    private static func environment(_ wideRow: Int) -> TransformEnvironment {
        TransformEnvironment(entity: "own", wideRow: wideRow)
    }

    private static func row(_ key: Int64) -> [[UInt8]?] {
        let long = String(repeating: "é\(key)", count: 40)
        return [bigEndian(key), text(long), key % 2 == 0 ? nil : text("last \(long)"), text("{\"a\": \"\(long)\"}")]
    }

    /// What a row becomes, by hand.
    private static func expected(_ key: Int64) -> [[UInt8]?] {
        let row = Self.row(key)
        return [row[1], row[0], row[2], [1] + row[3]!, row[1]]
    }

    /// A buffer with rows of these keys, and the input it refers to.
    private static func buffer(_ keys: [Int64], _ body: (inout CopyBuffer, [UInt8]) throws -> Void) throws {
        var transformer = try RowTransformer(
            program: program(Self.operations, inputs: 4),
            identities: [:],
            environment: Self.environment(192)
        )
        let input = stream(keys.map { Self.row($0) })
        var buffer = CopyBuffer(capacity: 64)
        var rejects: [RejectedRow] = []
        var counters = RowCounters(columns: 5)
        buffer.beginCopy()
        let consumed = try transformer.transform(
            input.span.bytes,
            into: &buffer,
            rejects: &rejects,
            counters: &counters
        )
        #expect(consumed == input.count && rejects.isEmpty)
        buffer.endCopy()
        try body(&buffer, input)
    }

    @Test func `fields at the beginning, in the middle and at the end stay in the input`() throws {
        try Self.buffer([1, 2, 3]) { buffer, input in
            let refersToInput = buffer.refersToInput
            #expect(refersToInput)
            let contents = buffer.contents(of: input)
            #expect(contents == stream([1, 2, 3].map { Self.expected($0) }))
            #expect(buffer.byteCount == contents.count)
            // Another input shows what is taken from there: two texts and a document a row, and a third text in two.
            let taken = zip(contents, buffer.contents(of: [UInt8](repeating: 0xff, count: input.count)))
                .count { $0 != $1 }
            let sizes = [1, 2, 3].map { Self.row($0) }
                .map { 2 * $0[1]!.count + ($0[2]?.count ?? 0) + $0[3]!.count }
            #expect(taken == sizes.reduce(0, +))
            buffer.clear()
            let isEmpty = !buffer.refersToInput && buffer.byteCount == 0
            #expect(isEmpty)
        }
    }

    @Test func `rows can be taken out with what they have in the input`() throws {
        let keys: [Int64] = [1, 2, 3, 4]
        for kept in 0..<16 {
            try Self.buffer(keys) { buffer, input in
                for row in keys.indices.reversed() where kept >> row & 1 == 0 { buffer.removeRow(row) }
                let left = keys.indices.filter { kept >> $0 & 1 == 1 }.map { keys[$0] }
                let contents = buffer.contents(of: input)
                #expect(contents == stream(left.map { Self.expected($0) }))
                #expect(buffer.byteCount == contents.count)
                let found = (0..<buffer.rowCount).map { buffer.key(ofRow: $0) }
                #expect(found == left)
                #expect(buffer.refersToInput == !left.isEmpty)
            }
        }
    }

    @Test func `a row that is rejected leaves nothing behind`() throws {
        let long = text(String(repeating: "x", count: 900))
        let rows: [[[UInt8]?]] = [[bigEndian(1), long, text("{")], [bigEndian(2), long, text("[]")]]
        let outcome = try transform(
            stream(rows),
            program: program([
                .copy(input: 1), .json(.init(input: 2, isBinary: true, onInvalid: .reject, references: [])),
            ]),
            environment: Self.environment(640)
        )
        #expect(outcome.rejects.map { $0.key } == [1])
        #expect(outcome.output == stream([[long, [1] + text("[]")]]))
    }

    @Test func `values that the program changes are copied, and what is left of a cut one is not`() throws {
        let long = String(repeating: "x", count: 900)
        let rows = [[bigEndian(1), text("{'a': '\(long)'}"), text(long)]]
        let outcome = try transform(
            stream(rows),
            program: program([
                .json(.init(input: 1, isBinary: true, onInvalid: .repair, references: [])),
                .json(.init(input: 2, isBinary: false, onInvalid: .wrap, references: [])),
                .convert(input: 2, .text(maximumCharacters: 800, truncates: true)),
            ]),
            environment: Self.environment(640)
        )
        let expected = [
            [1] + text("{\"a\":\"\(long)\"}"), text("{\"raw\": \"\(long)\"}"), text(String(long.prefix(800))),
        ]
        #expect(outcome.output == stream([expected]))
    }

    @Test func `a document's parts around its references stay in the input`() throws {
        let long = String(repeating: "x", count: 300)
        let document = "{\"a\": \"\(long)\", \"id\": 7, \"b\": [\"\(long)\"], \"c\": {\"id\": 8}, \"id\": 9}"
        let operation = ColumnOperation.json(
            .init(
                input: 1,
                isBinary: true,
                onInvalid: .reject,
                references: [.init(path: ["id"], entity: "orders", onOrphan: .null)]
            )
        )
        var environment = RowProgramGenerator.environment
        let outcomes = try [1, 640, 4 << 20]
            .map { wideRow in
                environment.wideRow = wideRow
                return try transform(
                    stream([[bigEndian(1), text(document), nil]]),
                    program: program([operation]),
                    identities: RowProgramGenerator.identities,
                    environment: environment
                )
            }
        #expect(outcomes[0] == outcomes[2] && outcomes[1] == outcomes[2])
        #expect(outcomes[0].rows[0][0]!.count > 2 * long.utf8.count && outcomes[0].rejects.isEmpty)
    }

    @Test func `narrow rows are copied, whatever the size of the others`() throws {
        let rows: [[[UInt8]?]] = [
            [bigEndian(1), text("short"), nil], [bigEndian(2), [UInt8](repeating: 65, count: 2000), nil],
        ]
        var transformer = try RowTransformer(
            program: program([.copy(input: 1)]),
            identities: [:],
            environment: Self.environment(1500)
        )
        let input = stream(rows)
        for count in [1, 2] {
            var buffer = CopyBuffer()
            var rejects: [RejectedRow] = []
            var counters = RowCounters(columns: 1)
            transformer.beginStream()
            let part = count == 1 ? stream([rows[0]]) : input
            _ = try transformer.transform(part.span.bytes, into: &buffer, rejects: &rejects, counters: &counters)
            #expect(buffer.refersToInput == (count == 2))
        }
    }

    @Test func `streams through programs of all kinds become the same bytes`() throws {
        var generator = RowProgramGenerator(fuzz: Fuzz("wide rows", inputs: 2000))
        var compared = 0
        for _ in 0..<generator.fuzz.inputs {
            let program = generator.program()
            let input = stream(generator.rows(of: program))
            let outcomes = [4 << 20, 4 << 20, 1, 600]
                .map { wideRow -> Outcome? in
                    var environment = RowProgramGenerator.environment
                    environment.wideRow = wideRow
                    // A program may refuse the whole stream, then in any case.
                    return try? transform(
                        input,
                        program: program,
                        identities: RowProgramGenerator.identities,
                        environment: environment
                    )
                }
            // UUIDs that are made up differ from time to time.
            guard outcomes[0] == outcomes[1] else { continue }
            #expect(outcomes[2] == outcomes[0] && outcomes[3] == outcomes[0])
            if outcomes[0]?.counters.migrated ?? 0 > 0 { compared += 1 }
        }
        #expect(compared > generator.fuzz.inputs / 20)
        generator.fuzz.finish(generator.fuzz.inputs)
    }
}
