import Postgres
import Testing

@testable import RowPipeline

@Suite struct JSONVerdictTests {
    /// Creates `verdict(text)`: whether the server's cast accepts a document.
    static func makeVerdict(_ connection: borrowing Connection) throws {
        try connection.execute(
            """
            CREATE FUNCTION verdict(document text, type regtype) RETURNS boolean LANGUAGE plpgsql AS $$
            BEGIN
                IF type = 'jsonb'::regtype THEN PERFORM document::jsonb; ELSE PERFORM document::json; END IF;
                RETURN true;
            EXCEPTION WHEN others THEN RETURN false;
            END $$
            """
        )
    }

    /// Documents on which the two disagree, and how many each accepts.
    static func compare(
        _ documents: [String],
        _ connection: borrowing Connection
    ) throws -> (disagreements: [String], accepted: Int) {
        var checker = JSONChecker(maximumDepth: 6000)
        var disagreements: [String] = []
        var accepted = 0
        for start in stride(from: 0, to: documents.count, by: 1000) {
            let part = Array(documents[start..<min(start + 1000, documents.count)])
            let array = "{" + part.map { "\"" + $0.escapedForArray + "\"" }.joined(separator: ",") + "}"
            let rows =
                try connection.query(
                    "SELECT verdict(d, 'jsonb'), verdict(d, 'json') FROM unnest($1::text[]) WITH ORDINALITY AS u(d, n) ORDER BY n",
                    [.text(array)]
                )
                .rows
            for (document, row) in zip(part, rows) {
                let bytes = Array(document.utf8)
                let isValid = checker.accepts(bytes.span.bytes, as: .jsonb)
                if isValid { accepted += 1 }
                if isValid != row.bool(0) || checker.accepts(bytes.span.bytes, as: .json) != row.bool(1) {
                    disagreements.append(document)
                }
            }
        }
        return (disagreements, accepted)
    }

    @Test func `the checker and the server agree on the edges`() throws {
        let connection = try openTestDatabase()
        try Self.makeVerdict(connection)
        let numbers = [
            "1e131071", "1e131072", "9e131071", "10e131070", "10e131071", "0.1e131072", "0.1e131073", "1e-16383",
            "1e-16384",
            "0e131072", "0e-16383", "0e-16384", "0e1073741822", "0e1073741823", "0e-1073741823",
            "0e99999999999999999999",
            "0.0e-16382", "0.0e-16383", "1.5e16384", "-0", "-", "01", "1.", ".5", "1e", "1e+", "1E5", "+1", "1_0", "1é",
            "0x10", "1.5.3", "--1", "-a", "1e5e5", "00", "-00", "0.", "123456789012345678901234567890",
            String(repeating: "9", count: 131072), String(repeating: "9", count: 131073),
            "0." + String(repeating: "0", count: 16382) + "1", "0." + String(repeating: "0", count: 16383) + "1",
            "0." + String(repeating: "0", count: 20000) + "1e5000", "1" + String(repeating: "0", count: 131000) + "e71",
            "1" + String(repeating: "0", count: 131000) + "e72", "0.00001e131076", "0.00001e131077",
        ]
        let texts = [
            "", " ", "\n{}\t", "\u{0b}{}", "\u{a0}1", "nul", "nulll", "true ", "True", "falsé", "{\"a\":1,}", "[1,]",
            "[,]", "{,}",
            "{\"a\" 1}", "{1:2}", "{\"a\":}", "[1 2]", "[]]", "{}{}", "[}", "\"\\u0000\"", "\"\\u0001\"", "\"\\ud800\"",
            "\"\\ud83d\\ude00\"", "\"\\ude00\"", "\"\\ud83d\\ud83d\"", "\"\\ud83dx\"", "\"\\ud83d\\n\"",
            "\"\\ud83d\\u0041\"",
            "\"\\uD83D\\uDE00\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\x41\"", "\"a", "\"\\", "\"\\\"", "\"a\nb\"",
            "\"\u{7f}\"",
            "\"\u{1f600}\"", "\"\\u00e9\"", "'a'", "{\"a\":1 \"b\":2}", "\"\\/\"", "/* */1", "NaN", "Infinity",
            "\u{feff}1",
            "{\"a\":1,\"a\":2}", "[[[[]]]]", "\"\\ud800", "\"\\ud800\\", "\"\\u\"", "\"\\ud800\\u\"", "{\"\\u0000\":1}",
            "{\"\":1}", "[1,2", "{\"a\":[}", "null null", "tru", "t", "-\u{0}".replacingNUL, "\u{1}",
        ]
        let wrapped = numbers.map { "{\"a\": [\($0)]}" }
        let result = try Self.compare(numbers + texts + wrapped, connection)
        #expect(result.disagreements.map { $0.prefix(60) } == [])
        #expect(result.accepted > 40)
    }

    @Test func `the checker and the server agree on generated and mutated documents`() throws {
        let count = environmentVariable("GODWIT_JSON_DOCUMENTS").flatMap { Int($0) } ?? 20_000
        let random = SeededGenerator.announced("json verdicts", environment: environmentVariable("GODWIT_SEED"))
        var generator = DocumentGenerator(random: random)
        let documents = (0..<count).map { _ in generator.document() }
        let connection = try openTestDatabase()
        try Self.makeVerdict(connection)
        let result = try Self.compare(documents, connection)
        print(
            "json verdicts: \(count) documents, \(result.accepted) valid, \(result.disagreements.count) disagreements"
        )
        #expect(result.disagreements.prefix(5).map { String($0) } == [])
        #expect(result.accepted > count / 10 && result.accepted < count * 9 / 10)
    }
}

extension String {
    var escapedForArray: String {
        var result = ""
        for character in self.unicodeScalars {
            if character == "\"" || character == "\\" { result.unicodeScalars.append("\\") }
            result.unicodeScalars.append(character)
        }
        return result
    }

    /// PostgreSQL's text cannot hold NUL.
    var replacingNUL: String {
        String(String.UnicodeScalarView(self.unicodeScalars.map { $0 == "\u{0}" ? "\u{1}" : $0 }))
    }
}
