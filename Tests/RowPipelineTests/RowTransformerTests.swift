import RowPipeline
import Testing

@Suite struct RowTransformerTests {
    static let identities = [
        "own": EntityIdentity(strategy: .ordered(tag: 1, seed: 11), owner: "own"),
        "orders": EntityIdentity(strategy: .ordered(tag: 2, seed: 22), owner: "orders"),
        "cases": EntityIdentity(strategy: .v5(namespace: [UInt8](repeating: 7, count: 16)), owner: "cases"),
        "users": EntityIdentity(strategy: .stored, owner: "users"),
    ]

    static let environment = TransformEnvironment(
        entity: "own",
        parents: [
            "orders": .init(present: [1, 2, 3], pending: [50], awaitedRanges: [100...200]),
            "cases": .init(present: [7]),
        ],
        losers: [666],
        recordsPresence: true
    )

    func outcome(
        _ rows: [[[UInt8]?]],
        _ operations: [ColumnOperation],
        isNullable: Bool = true,
        isPersonal: Bool = false
    ) throws -> Outcome {
        try transform(
            stream(rows),
            program: program(operations, isNullable: isNullable, isPersonal: isPersonal),
            identities: Self.identities,
            environment: Self.environment
        )
    }

    static func reference(_ entity: String, _ action: OrphanAction, condition: Int? = nil) -> ColumnOperation {
        .reference(.init(alternatives: [.init(entity: entity, input: 1, condition: condition)], onOrphan: action))
    }

    static func order(_ id: Int64) -> [UInt8] {
        OrderedUUID(tag: 2, seed: 22).uuid(of: id)!.bytes
    }

    @Test func `copies, constants and the own UUID come out as they should`() throws {
        let outcome = try self.outcome(
            [[bigEndian(5), text("a"), nil]],
            [
                .uuid(input: 0, entity: "own", asText: false), .uuid(input: 0, entity: "own", asText: true),
                .copy(input: 1), .copy(input: 2), .constant(text("x")), .constant(nil), .constant([]),
            ]
        )
        let own = OrderedUUID(tag: 1, seed: 11).uuid(of: 5)!
        #expect(outcome.rows == [[own.bytes, text(own.description), text("a"), nil, text("x"), nil, []]])
        #expect(outcome.keys == [5])
        #expect(outcome.counters.read == 1 && outcome.counters.migrated == 1)
    }

    @Test func `a parent that is present becomes its UUID, a NULL stays NULL`() throws {
        let outcome = try self.outcome(
            [[bigEndian(5), bigEndian(2), nil], [bigEndian(6), nil, nil]],
            [Self.reference("orders", .reject)]
        )
        #expect(outcome.rows == [[Self.order(2)], [nil]])
    }

    @Test func `orphans follow the policy`() throws {
        let rows = [[bigEndian(5), bigEndian(9), nil]]
        let rejected = try self.outcome(rows, [.copy(input: 0), Self.reference("orders", .reject)])
        let parent = RejectedRow.Parent(entity: "orders", key: 9)
        #expect(rejected.rejects == [.init(key: 5, column: 1, reason: .orphan, detail: "orders 9", parent: parent)])
        #expect(rejected.rows.isEmpty && rejected.output.count == 21)
        let null = try self.outcome(rows, [Self.reference("orders", .null)])
        #expect(null.rows == [[nil]] && null.counters.adjusted(column: 0, .nullOrphan) == 1)
        let placeholder = try self.outcome(rows, [Self.reference("orders", .placeholder(3))])
        #expect(placeholder.rows == [[Self.order(3)]] && placeholder.counters.adjusted(column: 0, .placeholder) == 1)
        let missing = try self.outcome(rows, [Self.reference("orders", .placeholder(4))])
        #expect(missing.rejects.map { $0.reason } == [.orphan])
        #expect(throws: RowPipelineError.self) { try self.outcome(rows, [Self.reference("orders", .fail)]) }
        let refused = try self.outcome(rows, [Self.reference("orders", .null)], isNullable: false)
        #expect(refused.rejects.map { $0.reason } == [.nullValue])
        #expect(refused.counters.adjustments.isEmpty)
    }

    @Test(arguments: [50, 100, 200]) func `children of pending parents wait whatever the policy`(id: Int64) throws {
        for action in [OrphanAction.reject, .null, .placeholder(1), .fail] {
            let outcome = try self.outcome([[bigEndian(5), bigEndian(id), nil]], [Self.reference("orders", action)])
            #expect(outcome.rejects.map { $0.reason.code } == ["parent_pending"])
        }
    }

    @Test func `migrated keys are collected`() throws {
        var transformer = try RowTransformer(
            program: program([Self.reference("orders", .reject)]),
            identities: Self.identities,
            environment: Self.environment
        )
        let rows = [
            [bigEndian(5), bigEndian(50), nil], [bigEndian(6), bigEndian(1), nil], [bigEndian(7), bigEndian(2), nil],
        ]
        _ = try transform(stream(rows), with: &transformer)
        transformer.withdraw(key: 7)
        #expect(transformer.takePresence().serialized() == PresenceSet([6]).serialized())
        let isEmpty = transformer.takePresence().isEmpty
        #expect(isEmpty)
    }

    @Test func `the first alternative whose condition holds decides`() throws {
        let operation = ColumnOperation.reference(
            .init(
                alternatives: [
                    .init(entity: "orders", input: 1, condition: 2), .init(entity: "cases", input: 1, condition: 3),
                ],
                onOrphan: .null
            )
        )
        let outcome = try transform(
            stream([
                [bigEndian(1), bigEndian(1), [1], [1]], [bigEndian(2), bigEndian(7), [0], [1]],
                [bigEndian(3), bigEndian(7), nil, [0]], [bigEndian(4), bigEndian(7), [1], [1]],
            ]),
            program: program([operation], inputs: 4),
            identities: Self.identities,
            environment: Self.environment
        )
        var named = NamedUUID(namespace: UUIDValue(bytes: [UInt8](repeating: 7, count: 16))!, owner: "cases")
        #expect(outcome.rows == [[Self.order(1)], [named.uuid(of: 7).bytes], [nil], [nil]])
        #expect(outcome.counters.adjusted(column: 0, .nullOrphan) == 1)
    }

    @Test func `check comes before duplicate, duplicate before columns, columns in their order`() throws {
        var checked = program([Self.reference("orders", .reject), .convert(input: 2, .textToBool)])
        checked.checkInput = 2
        let rows = [
            [bigEndian(666), bigEndian(9), text("licence")], [bigEndian(666), bigEndian(9), nil],
            [bigEndian(5), bigEndian(9), nil],
        ]
        let outcome = try transform(
            stream(rows),
            program: checked,
            identities: Self.identities,
            environment: Self.environment
        )
        #expect(outcome.rejects.map { $0.reason.code } == ["check:licence", "duplicate", "orphan"])
        #expect(outcome.counters.rejected == ["check:licence": 1, "duplicate": 1, "orphan": 1])
    }

    @Test func `maps find keys of every length, and the rest follows the plan`() throws {
        let entries =
            (0..<200).map { MapOperation.Entry(key: "key\($0)", value: text("value\($0)")) }
            + [.init(key: "", value: text("empty")), .init(key: "gone", value: nil)]
        let map = MapOperation(input: 1, entries: entries, otherwise: .reject, null: text("none"))
        let inputs = ["key0", "key199", "", "gone", "other"]
        let rows = inputs.map { [bigEndian(5), text($0), nil] } + [[bigEndian(6), nil, nil]]
        let outcome = try self.outcome(rows, [.map(map)])
        #expect(outcome.rows == [[text("value0")], [text("value199")], [text("empty")], [nil], [text("none")]])
        #expect(outcome.rejects == [.init(key: 5, column: 0, reason: .unmappedValue, detail: "\"other\"")])
        let personal = try self.outcome(rows, [.map(map)], isPersonal: true)
        #expect(personal.rejects.map { $0.detail } == [""])
        let lenient = MapOperation(input: 1, entries: entries, otherwise: .value(nil), null: nil)
        let counted = try self.outcome(rows, [.map(lenient)])
        #expect(counted.rows.last == [nil] && counted.counters.adjusted(column: 0, .mapDefault) == 1)
    }

    @Test func `no detail of a personal column holds its value`() throws {
        let secret = text("secret 424242")
        let operations: [(ColumnOperation, [UInt8])] = [
            (.convert(input: 1, .textToInteger(bytes: 4)), secret), (.convert(input: 1, .textToDate), secret),
            (.convert(input: 1, .text(maximumCharacters: 3, truncates: false)), secret),
            (.convert(input: 1, .int8ToInt2), bigEndian(424_242)),
            (Self.reference("orders", .reject), bigEndian(424_242)),
            (.json(.init(input: 1, isBinary: true, onInvalid: .reject, references: [])), secret),
            (.uuid(input: 1, entity: "orders", asText: false), bigEndian(1 << 50 + 424_242)),
            (.convert(input: 1, .microseconds(decimals: 3)), bigEndian(424_242)),
        ]
        for (operation, value) in operations {
            let outcome = try self.outcome([[bigEndian(1), value, nil]], [operation], isPersonal: true)
            #expect(outcome.rejects.count == 1)
            #expect(outcome.rejects.allSatisfy { !$0.detail.contains("4242") && !$0.detail.contains("secret") })
        }
    }

    @Test func `a row can be taken out of a finished buffer`() throws {
        var transformer = try RowTransformer(
            program: program([.copy(input: 0), .copy(input: 1)]),
            identities: [:],
            environment: TransformEnvironment(entity: "own")
        )
        let rows = (1...5).map { [bigEndian(Int64($0)), text(String(repeating: "x", count: $0)), nil] }
        var buffer = CopyBuffer()
        var rejects: [RejectedRow] = []
        var counters = RowCounters(columns: 2)
        buffer.beginCopy()
        let input = stream(rows)
        let consumed = try transformer.transform(
            input.span.bytes,
            into: &buffer,
            rejects: &rejects,
            counters: &counters
        )
        buffer.endCopy()
        #expect(consumed == input.count)
        for row in [4, 0, 1] { buffer.removeRow(row) }
        let kept = [buffer.key(ofRow: 0), buffer.key(ofRow: 1)]
        #expect(kept == [2, 4])
        let expected = [rows[1], rows[3]].map { Array($0.prefix(2)) }
        #expect(buffer.contents(of: input) == stream(expected))
    }

    @Test func `looked-up parents are asked for once per batch and remembered`() throws {
        let placeholder = ColumnOperation.reference(
            .init(alternatives: [.init(entity: "users", input: 1, condition: nil)], onOrphan: .placeholder(1))
        )
        var transformer = try RowTransformer(
            program: program([placeholder]),
            identities: Self.identities,
            environment: TransformEnvironment(entity: "own", lookupCapacity: 2)
        )
        let rows = [9, 8, 9, 7].map { [bigEndian(Int64($0)), bigEndian(Int64($0)), nil] }
        let input = stream(rows)
        var lookups: [String: [Int64]] = [:]
        try transformer.collectLookups(input.span.bytes, into: &lookups)
        #expect(lookups == ["users": [1, 7, 8, 9]])
        let uuids = Dictionary(uniqueKeysWithValues: [1, 7, 9].map { (Int64($0), GeneratedUUID.v4()) })
        transformer.addLookups("users", found: uuids.map { ($0, $1) }, absent: [8])
        let outcome = try transform(input, with: &transformer)
        #expect(outcome.rows == [9, 1, 9, 7].map { [uuids[$0]!.bytes] })
        #expect(outcome.counters.adjusted(column: 0, .placeholder) == 1)
        transformer.beginStream()
        lookups = [:]
        try transformer.collectLookups(input.span.bytes, into: &lookups)
        #expect(lookups["users"]?.contains(8) == true)
        #expect(lookups["users"]?.count == 2)
    }

    @Test func `made UUIDs are the same in all columns of a row and new in each row`() throws {
        for strategy in [EntityIdentity.Strategy.v4, .v7] {
            let outcome = try transform(
                stream([[bigEndian(1), nil, nil], [bigEndian(2), nil, nil]]),
                program: program([
                    .uuid(input: 0, entity: "own", asText: false), .uuid(input: 0, entity: "own", asText: true),
                ]),
                identities: ["own": EntityIdentity(strategy: strategy, owner: "own")]
            )
            let rows = outcome.rows
            #expect(rows[0][0] != rows[1][0])
            for row in rows {
                #expect(UUIDValue(bytes: row[0]!)!.description == String(decoding: row[1]!, as: UTF8.self))
            }
        }
    }

    @Test func `programs that cannot run are refused`() {
        #expect(throws: RowPipelineError.self) { try self.outcome([], [.copy(input: 3)]) }
        #expect(throws: RowPipelineError.self) { try self.outcome([], [.copy(input: -1)]) }
        #expect(throws: RowPipelineError.self) { try self.outcome([], [Self.reference("nobody", .null)]) }
        #expect(throws: RowPipelineError.self) { try self.outcome([], [Self.reference("own", .null)]) }
    }
}

extension PresenceSet: ExpressibleByArrayLiteral {
    package init(arrayLiteral ids: Int64...) {
        self.init(ids)
    }
}
