import Postgres
import PostgresFixture
import Testing

@testable import RowPipeline

/// The order in which the members of a document's outermost object are written.
@Suite struct JSONOrderTests {
    @Test func `members are written as jsonb keeps them`() throws {
        let documents = [
            "{\"bb\": 1, \"a\" : [1, 2] , \"aa\":{\"z\":1,\"y\":2}}", "{\"a\": 1, \"b\": 2 }", "{\"b\":2,\"a\":1}",
            "{\"order_number\": 1, \"order_name\": 2, \"order_date\": 3}", "{\"b\":{\"d\":1,\"c\":2}}", "{}",
            "[{\"b\":1,\"a\":2}]",
            "{\"b\":1,\"\\u0061\":2}", "{\"b\":1, \"b\":2,\"a\":3}", "{\"b\":\"x\" }", "{\"bb\":\"x\",\"a\":\"y\"}",
            "{\"\":1,\"a\":\"\\\"\",\"\":\"{\"}",
        ]
        let written = try JSONColumnTests.documents(JSONColumnTests.outcome(documents, .reject))
        #expect(
            written == [
                "{\"a\" : [1, 2],\"aa\":{\"z\":1,\"y\":2},\"bb\": 1}", "{\"a\": 1, \"b\": 2 }", "{\"a\":1,\"b\":2}",
                "{\"order_date\": 3,\"order_name\": 2,\"order_number\": 1}", "{\"b\":{\"d\":1,\"c\":2}}", "{}",
                "[{\"b\":1,\"a\":2}]", "{\"b\":1,\"\\u0061\":2}", "{\"a\":3,\"b\":1,\"b\":2}", "{\"b\":\"x\" }",
                "{\"a\":\"y\",\"bb\":\"x\"}", "{\"\":1,\"\":\"{\",\"a\":\"\\\"\"}",
            ]
        )
    }

    @Test func `json keeps its text`() throws {
        let document = "{\"b\": 1, \"a\": 2}"
        #expect(try JSONColumnTests.outcome([document], .reject, isBinary: false).rows == [[text(document)]])
    }

    @Test func `objects of up to 32 members are sorted, larger ones are left alone`() throws {
        for count in [31, 32, 33, 70] {
            let members = (0..<count).reversed().map { "\"key\(100 + $0)\":\($0)" }
            let sorted = "{" + members.reversed().joined(separator: ",") + "}"
            let written = try JSONColumnTests.outcome(["{" + members.joined(separator: ",") + "}"], .reject)
            #expect((JSONColumnTests.documents(written) == [sorted]) == (count <= 32))
        }
    }

    /// Documents come in random turns, because the order of one is kept for the next.
    @Test func `the server makes the same of every document and has nothing left to sort`() throws {
        let connection = try openTestDatabase()
        var random = SeededGenerator.announced("JSON order", environment: environmentVariable("GODWIT_SEED"))
        let shapes = (0..<20).map { _ in Self.keys(&random) }
        let given = (0..<3000)
            .map { _ in
                let document = Self.document(shapes.randomElement(using: &random) ?? [], &random)
                // One that is refused after its keys have been seen.
                return Int.random(in: 0..<20, using: &random) == 0 ? String(document.dropLast()) : document
            }
        let all = JSONColumnTests.documents(try JSONColumnTests.outcome(given, .null))
        try #require(all.count == given.count)
        let pairs = zip(given, all).compactMap { document, written in written.map { (document, $0) } }
        let documents = pairs.map(\.0)
        let written = pairs.map(\.1)
        #expect(zip(written, documents).contains { $0 != $1 })
        #expect(documents.count < given.count)
        for start in stride(from: 0, to: documents.count, by: 500) {
            let range = start..<min(start + 500, documents.count)
            let arrays = [documents, written]
                .map { texts in
                    "{" + texts[range].map { "\"" + $0.escapedForArray + "\"" }.joined(separator: ",") + "}"
                }
            let rows = try connection.query(
                """
                SELECT sent, came FROM unnest($1::text[], $2::text[]) AS u(came, sent)
                 WHERE came::jsonb <> sent::jsonb
                    OR came::json::text !~ '\\\\[a-z]' AND (SELECT count(*) <= 32 FROM json_object_keys(came::json))
                       AND ARRAY(SELECT DISTINCT ON (k) k FROM json_object_keys(sent::json) WITH ORDINALITY AS u(k, n) ORDER BY k, n)
                           IS DISTINCT FROM ARRAY(SELECT k FROM jsonb_object_keys(came::jsonb) AS k ORDER BY k)
                    OR came::json::text !~ '\\\\[a-z]' AND (SELECT count(*) <= 32 FROM json_object_keys(came::json))
                       AND EXISTS (SELECT FROM (SELECT k, lag(k) OVER (ORDER BY n) AS before
                                                  FROM json_object_keys(sent::json) WITH ORDINALITY AS u(k, n)) AS pairs
                                    WHERE (octet_length(before), before COLLATE "C") > (octet_length(k), k COLLATE "C"))
                """,
                [.text(arrays[0]), .text(arrays[1])]
            )
            for row in rows.rows.prefix(3) { Issue.record("\(row.text(1) ?? "") → \(row.text(0) ?? "")") }
        }
    }

    /// Keys with many that are equal, that begin alike, or that have escapes.
    private static func keys(_ random: inout SeededGenerator) -> [String] {
        (0..<Int.random(in: 0...40, using: &random))
            .map { _ in
                let length = Int.random(in: 0...12, using: &random)
                let key = (0..<length)
                    .map { $0 < 8 ? "x" : ["a", "b", "é", "\u{1f600}"].randomElement(using: &random) ?? "" }
                switch Int.random(in: 0..<60, using: &random) {
                case 0: return "\\u0061"
                case 1...30: return key.joined()
                default:
                    return String(["", "ab", "ba", "aaaaaaa", "order_number", "z"].randomElement(using: &random) ?? "")
                }
            }
    }

    private static func document(_ keys: [String], _ random: inout SeededGenerator) -> String {
        var generator = DocumentGenerator(random: random)
        defer { random = generator.random }
        var keys = keys
        // Nearly the shape before it, now and then.
        if !keys.isEmpty, Bool.random(using: &generator.random) { keys[keys.count - 1] += "a" }
        let members = keys.map { key in
            let value =
                ["1", "\"a,b\"", "\"x\\\"\"", "{\"b\":[1,{}],\"a\":null}", "[\"}\"]", "true"]
                .randomElement(using: &generator.random) ?? ""
            return "\"\(key)\"" + ([":", ": ", " : "].randomElement(using: &generator.random) ?? "") + value
        }
        return "{" + members.joined(separator: [",", ", ", " , "].randomElement(using: &generator.random) ?? "") + "}"
    }
}
