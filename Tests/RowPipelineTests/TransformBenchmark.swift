import RowPipeline
import Testing

/// Run by `GODWIT_BENCHMARK=1 swift test -c release --filter TransformBenchmark --disable-xctest`.
@Suite(.enabled(if: environmentVariable("GODWIT_BENCHMARK") != nil)) struct TransformBenchmark {
    /// A notification: own UUID, one of two parents by condition, two texts, a time, a document of about 150 bytes.
    static func notifications(_ count: Int) -> [UInt8] {
        let document = text(
            "{\"template\": \"order_shipped\", \"variables\": {\"order\": 123456, \"patient\": \"Grün\", "
                + "\"carrier\": \"DHL\"}, \"read\": false, \"retries\": [1, 2, 3], \"at\": null}"
        )
        return stream(
            (0..<count)
                .map { index in
                    let isOrder = index % 2 == 0
                    return [
                        bigEndian(Int64(index)), bigEndian(Int64(index % 5000)), [isOrder ? 1 : 0], [isOrder ? 0 : 1],
                        text("Your order has been shipped"), text("info"), bigEndian(Int64(index) * 1_000_000),
                        document,
                    ]
                }
        )
    }

    static let program = RowProgram(
        inputs: ["id", "item_id", "is_order", "is_case", "title", "level", "created", "context"]
            .map {
                .init(name: $0, type: 25)
            },
        outputs: [
            ColumnOperation.uuid(input: 0, entity: "notifications", asText: false),
            .copy(input: 0),
            .reference(.init(alternatives: [.init(entity: "orders", input: 1, condition: 2)], onOrphan: .null)),
            .reference(.init(alternatives: [.init(entity: "cases", input: 1, condition: 3)], onOrphan: .null)),
            .convert(input: 4, .text(maximumCharacters: 200, truncates: false)),
            .copy(input: 5), .copy(input: 6),
            .json(.init(input: 7, isBinary: true, onInvalid: .reject, references: [])),
        ]
        .map { .init(name: "column", operation: $0, isNullable: true, isPersonal: false) },
        keyInput: 0,
        checkInput: nil
    )

    @Test func `a notification row`() throws {
        let identities = Dictionary(
            uniqueKeysWithValues: ["notifications", "orders", "cases"].enumerated()
                .map {
                    ($1, EntityIdentity(strategy: .ordered(tag: UInt16($0), seed: 99), owner: $1))
                }
        )
        let present = PresenceSet((0..<5000).filter { $0 % 50 != 0 })
        var transformer = try RowTransformer(
            program: Self.program,
            identities: identities,
            environment: TransformEnvironment(
                entity: "notifications",
                parents: ["orders": .init(present: present), "cases": .init(present: present)],
                recordsPresence: true
            )
        )
        // About 500 KB; short rounds, so that the best one was not interrupted.
        let rows = 2000
        let input = Self.notifications(rows)
        var buffer = CopyBuffer()
        var best = Duration.seconds(3600)
        for _ in 0..<500 {
            var rejects: [RejectedRow] = []
            var counters = RowCounters(columns: 8)
            buffer.clear()
            transformer.beginStream()
            let clock = ContinuousClock()
            let start = clock.now
            let consumed = try transformer.transform(
                input.span.bytes,
                into: &buffer,
                rejects: &rejects,
                counters: &counters
            )
            best = min(best, clock.now - start)
            #expect(consumed == input.count && counters.migrated == rows)
        }
        print("notification row: \(best / rows), \(input.count / rows) bytes in, \(buffer.byteCount / rows) bytes out")
        #if !DEBUG
            #expect(best / rows < .nanoseconds(1000))
        #endif
    }
}
