import RowPipeline
import Testing

@Suite struct JSONColumnTests {
    static func outcome(
        _ documents: [String?],
        _ action: JSONOperation.InvalidAction,
        references: [JSONOperation.EmbeddedReference] = [],
        isBinary: Bool = true
    ) throws -> Outcome {
        try transform(
            stream(documents.map { [bigEndian(5), $0.map { text($0) }, nil] }),
            program: program([.json(.init(input: 1, isBinary: isBinary, onInvalid: action, references: references))]),
            identities: RowTransformerTests.identities,
            environment: RowTransformerTests.environment
        )
    }

    static func documents(_ outcome: Outcome) -> [String?] {
        outcome.rows.map { row in
            row[0].map { $0.first == 1 ? String(decoding: $0.dropFirst(), as: UTF8.self) : "not jsonb" }
        }
    }

    @Test(arguments: [
        ("{'a': True, 'b': [None, False,], }", "{\"a\":true,\"b\":[null,false]}"),
        ("{u'a': u'\u{e4}', 1: 2L}", "{\"1\":2,\"a\":\"ä\"}"), ("(1, 'x')", "[1,\"x\"]"), ("(1,)", "[1]"), ("()", "[]"),
        ("'it\\'s \"so\"'", "\"it's \\\"so\\\"\""), ("\"it's\\x41\\U0001f600\"", "\"it'sA\u{1f600}\""),
        ("{\"a\":\"x\\u0000y\"}", "{\"a\":\"xy\"}"), ("[\"\\ud83d\", \"\\ude00z\"]", "[\"\u{fffd}\",\"\u{fffd}z\"]"),
        ("\"\\ud83d\\ud83d\\ude00\"", "\"\u{fffd}\u{1f600}\""),
        ("{\"a\": \"line\nbreak\"}", "{\"a\":\"line\\nbreak\"}"),
        ("{'a': 1.5e+20, 'b': -0.0}", "{\"a\":1.5e+20,\"b\":-0.0}"),
    ]) func `what is nearly JSON is mended`(broken: String, mended: String) throws {
        let outcome = try Self.outcome([broken], .repair)
        #expect(Self.documents(outcome) == [mended])
        #expect(outcome.counters.adjusted(column: 0, .jsonRepaired) == 1)
    }

    @Test(arguments: [
        "", "{", "{'a'", "{'a': }", "{'a': 1", "datetime.date(2020, 1, 1)", "{1, 2}", "nan", "[1 2]", "'a", "'\\",
        "'\\q'", "'\\x4'",
        "'\\u12'", "{'a': 1}}", "[1,,2]", "{,}", "[1e999999]", "u", "\\", "-", "L", "'\\U00110000'", "{'a' 'b'}", "(]",
        "{:1}",
    ]) func `what would need guessing becomes NULL`(broken: String) throws {
        let outcome = try Self.outcome([broken], .repair)
        #expect(outcome.rows == [[nil]])
        #expect(outcome.counters.adjusted(column: 0, .jsonNull) == 1)
    }

    /// The server may well take such a document, so its row has to say why Godwit doesn't.
    @Test func `a document that is nested too deeply is rejected by the limit's name`() throws {
        let deep = String(repeating: "[", count: 6001) + String(repeating: "]", count: 6001)
        let details = try Self.outcome([deep, "[", String(deep.dropFirst().dropLast())], .reject).rejects
            .map { $0.detail }
        #expect(details == ["12002 bytes of text, nested deeper than 6000 levels", "1 bytes of text"])
    }

    @Test func `the other policies`() throws {
        let broken = "a \"b\" \\ \n\u{1}é"
        #expect(try Self.outcome([broken], .reject).rejects.map { $0.reason } == [.invalidJSON])
        #expect(try Self.outcome([broken, nil], .null).rows == [[nil], [nil]])
        let wrapped = try Self.outcome([broken], .wrap)
        #expect(Self.documents(wrapped) == ["{\"raw\": \"a \\\"b\\\" \\\\ \\n\\u0001é\"}"])
        #expect(wrapped.counters.adjusted(column: 0, .jsonWrapped) == 1)
        let json = try Self.outcome(["\"\\u0000\"", "{ }"], .reject, isBinary: false)
        #expect(json.rows == [[text("\"\\u0000\"")], [text("{ }")]])
    }

    @Test func `a document nested too deeply is invalid`() throws {
        let deep = String(repeating: "[", count: 6001) + String(repeating: "]", count: 6001)
        let allowed = String(repeating: "[", count: 6000) + String(repeating: "]", count: 6000)
        #expect(Self.documents(try Self.outcome([deep, allowed], .null)) == [nil, allowed])
        #expect(try Self.outcome([String(repeating: "[", count: 1_000_000)], .repair).rows == [[nil]])
    }

    @Test func `ids inside a document become UUIDs`() throws {
        let references: [JSONOperation.EmbeddedReference] = [
            .init(path: ["stages", "[*]", "order_id"], entity: "orders", onOrphan: .null),
            .init(path: ["order"], entity: "orders", onOrphan: .reject),
            .init(path: ["ids", "[*]"], entity: "orders", onOrphan: .placeholder(1)),
        ]
        func uuid(_ id: Int64) -> String { "\"\(OrderedUUID(tag: 2, seed: 22).uuid(of: id)!)\"" }
        let outcome = try Self.outcome(
            [
                "{\"stages\": [{\"order_id\": 1, \"x\": 1}, {\"order_id\":9}, {\"x\": {\"order_id\": 1}}, 1], \"order_id\": 1}",
                "{\"order\": 2, \"o\\u0072der\" : 3, \"ids\": [1, [1], \"1\", 2.0, 9, null, {\"ids\": [1]}, 2]}",
                "{\"order\": \"1\", \"stages\": {\"order_id\": 1}, \"ids\": 1}", "[1]", "1",
                "{\"order\": {\"order\": 1}}",
                "{'order': 3, 'stages': ({'order_id': 2},)}",
            ],
            .repair,
            references: references
        )
        #expect(
            Self.documents(outcome) == [
                "{\"stages\": [{\"order_id\": \(uuid(1)), \"x\": 1}, {\"order_id\":null}, {\"x\": {\"order_id\": 1}}, 1], "
                    + "\"order_id\": 1}",
                "{\"order\": \(uuid(2)), \"o\\u0072der\" : \(uuid(3)), \"ids\": [\(uuid(1)), [1], \"1\", 2.0, \(uuid(1)), null, "
                    + "{\"ids\": [1]}, \(uuid(2))]}",
                "{\"order\": \"1\", \"stages\": {\"order_id\": 1}, \"ids\": 1}", "[1]", "1",
                "{\"order\": {\"order\": 1}}",
                "{\"order\":\(uuid(3)),\"stages\":[{\"order_id\":\(uuid(2))}]}",
            ]
        )
        let orphan = try Self.outcome(["{\"order\": 9}"], .reject, references: references)
        let parent = RejectedRow.Parent(entity: "orders", key: 9)
        #expect(orphan.rejects == [.init(key: 5, column: 0, reason: .orphan, detail: "orders 9", parent: parent)])
        let pending = try Self.outcome(["{\"ids\": [1, 50]}"], .reject, references: references)
        #expect(pending.rejects.map { $0.reason } == [.parentPending])
    }
}
