import Testing

extension EndToEnd {
    /// Every type arrives as it was, judged by PostgreSQL's own text of both sides.
    @Suite struct TypeTests {
        private static let types = """
            CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "great", {so}');
            CREATE DOMAIN code AS varchar(8) CHECK (VALUE <> 'no');
            CREATE TYPE place AS (x integer, y numeric, label text);
            CREATE TYPE span AS RANGE (subtype = float8)
            """
        /// Name, type, and a value for each row: a plain one, an extreme one, an odd one.
        private static let columns: [(type: String, values: [String])] = [
            ("boolean", ["true", "false", "NULL"]),
            ("smallint", ["1", "-32768", "32767"]),
            ("integer", ["1", "-2147483648", "2147483647"]),
            ("bigint", ["1", "-9223372036854775808", "9223372036854775807"]),
            ("real", ["1.5", "'NaN'", "'-Infinity'"]),
            ("double precision", ["0.1", "'NaN'", "1.7976931348623157e308"]),
            ("numeric", ["1.50", "'NaN'", "1e131000 + 0.1"]),
            ("numeric", ["-0.000", "'Infinity'", "'-Infinity'"]),
            ("numeric(12,2)", ["1.50", "'NaN'", "-9999999999.99"]),
            ("text", ["'a'", "''", "E'\\\\N\\r\\n\\t\\x01 😀 ''\"'"]),
            ("varchar(5)", ["'abc'", "'äöü😀ß'", "'     '"]),
            ("char(5)", ["'ab'", "''", "'äöüßx'"]),
            ("\"char\"", ["'a'", "''", "E'\\\\377'"]),
            ("name", ["'n'", "repeat('x', 63)", "''"]),
            ("bytea", ["'\\x00ff'", "''", "decode(repeat('00ff', 5000), 'hex')"]),
            ("date", ["'2024-02-29'", "'infinity'", "'4713-01-01 BC'"]),
            ("time", ["'23:59:59.999999'", "'24:00'", "'00:00'"]),
            ("timetz", ["'12:00+14'", "'24:00:00-1559'", "'00:00 UTC'"]),
            ("timestamp", ["'2024-03-31 02:30'", "'-infinity'", "'294276-12-31 23:59:59.999999'"]),
            ("timestamptz", ["'2024-03-31 02:30 UTC'", "'infinity'", "'4713-01-01 BC UTC'"]),
            ("interval", ["'1 mon -1 day 00:00:01'", "'-178000000 years'", "'00:00'"]),
            ("uuid", ["gen_random_uuid()", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "NULL"]),
            ("json", ["'{\"a\": 1, \"a\": 2 }'", "'\"\\u0000\"'", "'[ ]'"]),
            ("jsonb", ["'{\"a\": 1.10}'", "'\"\"'", "jsonb_build_array(repeat('😀', 3000))"]),
            ("xml", ["'<a b=\"1\">ä</a>'", "'x'", "NULL"]),
            ("inet", ["'10.0.0.1/8'", "'::1'", "'fe80::/64'"]),
            ("cidr", ["'10.0.0.0/8'", "'::/0'", "'0.0.0.0/0'"]),
            ("macaddr", ["'08:00:2b:01:02:03'", "'ff:ff:ff:ff:ff:ff'", "NULL"]),
            ("macaddr8", ["'08:00:2b:01:02:03:04:05'", "NULL", "NULL"]),
            ("bit(3)", ["B'101'", "B'000'", "B'111'"]),
            ("varbit(70)", ["B''", "repeat('10', 35)::varbit", "B'1'"]),
            ("point", ["'(1,2)'", "'(NaN,Infinity)'", "NULL"]),
            ("line", ["'{1,2,3}'", "NULL", "NULL"]),
            ("lseg", ["'[(0,0),(1,1)]'", "NULL", "NULL"]),
            ("box", ["'(1,1),(0,0)'", "NULL", "NULL"]),
            ("path", ["'((0,0),(1,1))'", "'[(0,0),(1,1)]'", "NULL"]),
            ("polygon", ["'((0,0),(1,1),(1,0))'", "NULL", "NULL"]),
            ("circle", ["'<(0,0),1>'", "NULL", "NULL"]),
            ("tsvector", ["'a:1A b:2,3'", "''", "to_tsvector('simple', 'ein Wort noch ein Wort')"]),
            ("tsquery", ["'a & !b | c:*'", "''", "NULL"]),
            ("int4range", ["'[1,5)'", "'empty'", "'(,)'"]),
            ("numrange", ["'[1.5,2.5]'", "'(,1]'", "NULL"]),
            ("tstzrange", ["'[2024-01-01 UTC,infinity)'", "'empty'", "NULL"]),
            ("daterange", ["'[2024-01-01,2024-12-31]'", "NULL", "NULL"]),
            ("int8multirange", ["'{[1,2),[5,9)}'", "'{}'", "NULL"]),
            ("span", ["'[0.5,1.5)'", "'empty'", "NULL"]),
            ("pg_lsn", ["'16/B374D848'", "'0/0'", "NULL"]),
            ("mood", ["'ok'", "'it''s \"great\", {so}'", "NULL"]),
            ("code", ["'abc'", "''", "NULL"]),
            ("integer[]", ["'{1,NULL,3}'", "'{}'", "'[2:3][-1:0]={{1,2},{3,4}}'"]),
            ("text[]", ["ARRAY['a', NULL, 'NULL', '', E'\\\\']", "'{}'", "NULL"]),
            ("numeric[]", ["'{1.50,NaN,Infinity}'", "NULL", "NULL"]),
            ("timestamptz[]", ["'{infinity,\"2024-01-01 UTC\"}'", "NULL", "NULL"]),
            ("mood[]", ["ARRAY['sad', NULL, 'it''s \"great\", {so}']::mood[]", "'{}'", "NULL"]),
            ("code[]", ["'{a,b}'", "'{}'", "NULL"]),
            ("place", ["ROW(1, 2.50, 'a \"b\", (c)')", "ROW(NULL, 'NaN', NULL)", "NULL"]),
            ("place[]", ["ARRAY[ROW(1, 2, 'x')::place, NULL]", "'{}'", "NULL"]),
        ]

        private static var definitions: String {
            self.columns.enumerated().map { "c\($0) \($1.type)" }.joined(separator: ", ")
        }

        private static var source: String {
            let rows = (0..<3)
                .map { row in
                    "INSERT INTO everything VALUES (\(row + 1), "
                        + self.columns.map { "(\($0.values[row]))::\($0.type)" }.joined(separator: ", ") + ")"
                }
            return """
                \(self.types);
                CREATE TABLE everything (id integer PRIMARY KEY, \(self.definitions));
                \(rows.joined(separator: ";\n"));
                INSERT INTO everything (id) VALUES (4);
                ANALYZE
                """
        }

        private static var target: String {
            // Other types first, so that no user-defined type has the same OID on both sides.
            """
            CREATE TYPE first AS ENUM ('x'); CREATE TYPE second AS (x first);
            \(self.types);
            CREATE TABLE everything (
                id uuid PRIMARY KEY, \(self.definitions), legacy_id bigint UNIQUE,
                doubled bigint GENERATED ALWAYS AS (legacy_id * 2) STORED,
                number bigint GENERATED ALWAYS AS IDENTITY,
                ticket bigint GENERATED ALWAYS AS IDENTITY,
                made timestamptz NOT NULL DEFAULT now()
            )
            """
        }

        @Test func everyTypeArrivesAsItWas() async throws {
            let entities = """
                everything:
                  from: everything
                  to: everything
                  legacy: legacy_id
                  tag: 1
                  columns:
                    ticket: { sql: "id * 7" }
                """
            try await Migration.with(source: Self.source, target: Self.target, entities: entities) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectTotals(["everything|4|4|0|0"])
                for (number, column) in Self.columns.enumerated() {
                    let sent = try migration.rows(.source, "SELECT id, c\(number)::text FROM everything ORDER BY id")
                    let came = try migration.rows(
                        .target,
                        "SELECT legacy_id, c\(number)::text FROM everything ORDER BY legacy_id"
                    )
                    #expect(came == sent, "\(column.type)")
                }
                try migration.expect(
                    ["4|4|4"],
                    """
                    SELECT count(*) FILTER (WHERE doubled = legacy_id * 2), count(DISTINCT number),
                           count(*) FILTER (WHERE ticket = legacy_id * 7) FROM everything
                    """
                )
            }
        }
    }
}
