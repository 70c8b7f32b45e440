import Postgres
import RowPipeline
import Testing

@Suite struct ConversionTests {
    /// What a conversion makes of a field: the new bytes, or nil for a rejected row.
    static func convert(_ field: [UInt8], _ conversion: Conversion) throws(RowPipelineError) -> [UInt8]? {
        let outcome = try transform(
            stream([[bigEndian(1), field, nil]]),
            program: program([.convert(input: 1, conversion)])
        )
        return outcome.rows.first?[0]
    }

    /// Creates `tried(sql, text)`: the binary form of the expression's value, NULL where it raises.
    static func makeTried(_ connection: borrowing Connection) throws {
        try connection.execute(
            """
            CREATE FUNCTION public.tried(expression text, input text) RETURNS bytea LANGUAGE plpgsql AS $$
            DECLARE result bytea;
            BEGIN
                EXECUTE 'SELECT ' || expression INTO result USING input;
                RETURN result;
            EXCEPTION WHEN others THEN RETURN NULL;
            END $$
            """
        )
    }

    static func compare(
        _ inputs: [String],
        _ conversion: Conversion,
        server expression: String,
        encoded: (String) -> [UInt8] = { text($0) }
    ) throws -> (different: [String], accepted: Int) {
        let connection = try openTestDatabase()
        try Self.makeTried(connection)
        let array = "{" + inputs.map { "\"" + $0.escapedForArray + "\"" }.joined(separator: ",") + "}"
        let rows =
            try connection.query(
                "SELECT public.tried($1, i) FROM unnest($2::text[]) WITH ORDINALITY AS u(i, n) ORDER BY n",
                [.text(expression), .text(array)]
            )
            .rows
        var different: [String] = []
        var accepted = 0
        for (input, row) in zip(inputs, rows) {
            let converted = try Self.convert(encoded(input), conversion)
            if converted != row.bytes(0) { different.append(input) }
            if converted != nil { accepted += 1 }
        }
        return (different, accepted)
    }

    static func random() -> SeededGenerator {
        .announced("conversions", environment: environmentVariable("GODWIT_SEED"))
    }

    /// Texts of a few pieces each.
    static func texts(_ pieces: [String], count: Int) -> [String] {
        var random = Self.random()
        return (0..<count)
            .map { _ in
                (0..<Int.random(in: 0...5, using: &random))
                    .map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }
                    .joined()
            }
    }

    @Test(arguments: [(2, "int2"), (4, "int4"), (8, "int8")])
    func `texts become integers as the server reads them`(size: Int, name: String) throws {
        let edges = [
            "32767", "32768", "-32768", "-32769", "2147483647", "2147483648", "-2147483648", "-2147483649",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "+1", "--1",
            "+-1", "+", "",
            " 1 ", "\t\n\u{b}\u{c}\r1", "1 2", "0x1", "1_000", "1.0", "1e3", "00000000000000000000000001", "\u{a0}1",
            "-0", "- 1",
        ]
        let inputs =
            edges
            + Self.texts(["0", "1", "9", "-", "+", " ", "77", "214748", "3648", "922337203685477", "a"], count: 1500)
        let result = try Self.compare(
            inputs,
            .textToInteger(bytes: size),
            server: "\(name)send($1::\(name))"
        )
        #expect(result.different == [])
        #expect(result.accepted > 100)
    }

    @Test func `texts become booleans as the server reads them`() throws {
        let words = [
            "t", "r", "u", "e", "true", "false", "f", "yes", "no", "on", "of", "off", "o", "1", "0", " ", "TRUE", "n",
            "y", "\n",
        ]
        let result = try Self.compare(
            Self.texts(words, count: 3000) + ["N", "oN", "OFF", "true1", "tr ue", "\u{14}rue", "@"],
            .textToBool,
            server: "boolsend($1::boolean)"
        )
        #expect(result.different == [])
        #expect(result.accepted > 300)
    }

    @Test func `texts become UUIDs as the server reads them`() throws {
        var random = Self.random()
        let inputs = (0..<3000)
            .map { index -> String in
                var digits = Array(GeneratedUUID.v4().description.unicodeScalars)
                let alphabet: [Unicode.Scalar] = ["-", "{", "}", "0", "A", "g", " "]
                for _ in 0..<(index % 3) {
                    let place = Int.random(in: 0..<digits.count, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: digits.remove(at: place)
                    case 1: digits.insert(alphabet[Int.random(in: 0..<7, using: &random)], at: place)
                    default: digits.removeAll { $0 == "-" }
                    }
                }
                let text = String(String.UnicodeScalarView(digits))
                return index % 7 == 0 ? "{\(text)}" : index % 11 == 0 ? text.uppercased() : text
            }
        let result = try Self.compare(
            inputs + ["", "{}", "{", "0000-0000-0000-0000-0000-0000-0000-0000", "00-000000000000000000000000000000"],
            .textToUUID,
            server: "uuid_send($1::uuid)"
        )
        #expect(result.different == [])
        #expect(result.accepted > 1000)
    }

    @Test func `dates are the server's, and nothing but ISO 8601`() throws {
        var random = Self.random()
        let years = [1, 4, 99, 1582, 1900, 1999, 2000, 2023, 2024, 9999, 10_000, 5_874_897]
        let inputs = (0..<3000)
            .map { _ -> String in
                let year = years[Int.random(in: 0..<years.count, using: &random)]
                let padded = String(repeating: "0", count: max(0, 4 - "\(year)".count)) + "\(year)"
                let month = Int.random(in: 0...13, using: &random)
                let day = Int.random(in: 0...32, using: &random)
                return padded + "-" + (month < 10 ? "0" : "") + "\(month)-" + (day < 10 ? "0" : "") + "\(day)"
            }
        let result = try Self.compare(
            inputs + ["infinity", "-infinity", "0000-01-01", "5874898-01-01", "2024-02-30"],
            .textToDate,
            server: "date_send($1::date)"
        )
        #expect(result.different == [])
        #expect(result.accepted > 1000)
        for input in [
            "2024-1-1", "01.02.2024", " 2024-01-01", "Infinity", "20240101", "2024-01-01 BC", "today", "", "2024-01-0a",
        ] {
            #expect(try Self.convert(text(input), .textToDate) == nil)
        }
    }

    @Test(arguments: [(10, 2), (5, 0), (3, 3), (4, 6), (5, -2), (1, 0), (20, 10)])
    func `numerics fit where the server would not round`(precision: Int, scale: Int) throws {
        var random = Self.random()
        var inputs = [
            "0", "0.00", "NaN", "Infinity", "-Infinity", "99999999.99", "99999999.995", "100000000", "-99999999.99",
            "0.01", "0.010",
            "0.001", "99999", "100000", "99999.5", "0.999", "1.000", "0.009999", "0.0099999", "9999900", "9999950",
            "10000000", "1e-20",
        ]
        for _ in 0..<1500 {
            inputs.append(
                (Bool.random(using: &random) ? "-" : "")
                    + "\(UInt64.random(in: 0...9_999_999_999, using: &random) >> UInt64.random(in: 0...33, using: &random))."
                    + "\(UInt32.random(in: 0...9_999_999, using: &random) >> UInt32.random(in: 0...23, using: &random))"
                    + (Bool.random(using: &random) ? "000" : "")
            )
        }
        let connection = try openTestDatabase()
        try Self.makeTried(connection)
        // The value when the server's own cast neither raises nor changes it.
        let rows =
            try connection.query(
                "SELECT numeric_send(i::numeric), public.tried($1, i) FROM unnest($2::text[]) WITH ORDINALITY AS u(i, n) ORDER BY n",
                [
                    .text("CASE WHEN $1::numeric(\(precision), \(scale)) = $1::numeric THEN 'yes'::bytea END"),
                    .text("{" + inputs.joined(separator: ",") + "}"),
                ]
            )
            .rows
        var different: [String] = []
        for (input, row) in zip(inputs, rows) {
            let converted = try Self.convert(row.bytes(0)!, .numeric(precision: precision, scale: scale))
            if (converted != nil) != (row.bytes(1) != nil) { different.append(input) }
            if let converted, converted != row.bytes(0)! { different.append(input) }
        }
        #expect(different == [])
    }

    @Test func `texts are measured in characters, and spaces beyond the limit count for nothing`() throws {
        let inputs = Self.texts(["a", "ä", "\u{1f600}", " ", "   ", "abc", "e\u{301}"], count: 1500)
        let rejecting = try Self.compare(
            inputs,
            .text(maximumCharacters: 5, truncates: false),
            // An assignment, unlike a cast, refuses what is too long.
            server: "varcharsend(varcharin(textout($1)::cstring, 0, 9))"
        )
        #expect(rejecting.different == [])
        #expect(rejecting.accepted > 300)
        let truncating = try Self.compare(
            inputs,
            .text(maximumCharacters: 5, truncates: true),
            server: "varcharsend($1::varchar(5))"
        )
        #expect(truncating.different == [])
    }

    @Test func `integers and times at their limits`() throws {
        for (value, fits2, fits4) in [
            (32_767, true, true), (32_768, false, true), (-32_769, false, true), (2_147_483_648, false, false),
            (-2_147_483_648, false, true),
        ] as [(Int64, Bool, Bool)] {
            #expect(
                try Self.convert(bigEndian(value), .int8ToInt2)
                    == (fits2 ? bigEndian(Int16(truncatingIfNeeded: value)) : nil)
            )
            #expect(
                try Self.convert(bigEndian(value), .int8ToInt4)
                    == (fits4 ? bigEndian(Int32(truncatingIfNeeded: value)) : nil)
            )
        }
        for (value, decimals, fits) in [
            (1_234_567, 6, true), (1_234_567, 5, false), (1_234_000, 3, true), (1_000_000, 0, true),
            (1_000_001, 0, false),
            (.max, 0, true), (.min, 0, true), (-1_500_000, 1, true), (-1_500_000, 0, false),
        ] as [(Int64, Int, Bool)] {
            #expect(
                try Self.convert(bigEndian(value), .microseconds(decimals: decimals)) == (fits ? bigEndian(value) : nil)
            )
        }
        let array = bigEndian(Int32(1)) + bigEndian(Int32(0)) + bigEndian(Int32(25)) + [9, 9]
        let changed = bigEndian(Int32(1)) + bigEndian(Int32(0)) + bigEndian(Int32(77_777)) + [9, 9]
        #expect(try Self.convert(array, .arrayElementType(77_777)) == changed)
        #expect(throws: RowPipelineError.self) { try Self.convert([1, 2, 3], .int8ToInt4) }
    }
}
