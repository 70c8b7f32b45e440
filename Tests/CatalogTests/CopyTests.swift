import Catalog
import MigrationPlan
import Postgres
import PostgresFixture
import RowPipeline
import Testing

@Suite struct CopyTests {
    @Test func everyCoreTypeArrivesUnchanged() throws {
        let databases = try Databases(
            source: """
                CREATE TABLE thing (id serial PRIMARY KEY, \(CatalogTests.coreTypes));
                INSERT INTO thing VALUES (7, true, -1, 2, 3, 4.50, 1.5, 2.5, 'täxt', 'v', 'c', '\\x00ff', '2024-02-29',
                    '12:30', '12:30+02', '2024-01-01 00:00:00.123', '2024-01-01 00:00:00.123456+01', '1 mon 2 days 3 s',
                    gen_random_uuid(), '{"a": 1}', '{"b":[1,null]}', '10.0.0.1/8', '10.0.0.0/8', '08:00:2b:01:02:03', '(1,2)',
                    '101', '11', '<a/>', '[1,5)', 'a:1 b', '{1,NULL,3}', '{{a,b},{c,d}}');
                INSERT INTO thing (id, a_timestamp, a_float8, a_numeric) VALUES (-8, 'infinity', 'NaN', 'NaN')
                """,
            target: "CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, \(CatalogTests.coreTypes))"
        )
        let (plan, findings) = try databases.resolve("things: { from: thing, to: things, legacy: legacy_id, tag: 1 }")
        let resolved = try #require(plan, "\(findings)")
        #expect(try databases.copy(resolved.entities[0], of: resolved) == [])
        let sent = try databases.source.query(
            "SELECT to_jsonb(t)::text FROM (SELECT * FROM \(databases.schema).thing ORDER BY id) AS t"
        )
        let arrived = try databases.target.query(
            "SELECT (to_jsonb(t) - 'legacy_id' || jsonb_build_object('id', legacy_id))::text"
                + " FROM (SELECT * FROM \(databases.schema).things ORDER BY legacy_id) AS t"
        )
        #expect(arrived.rows.map { $0.text(0) } == sent.rows.map { $0.text(0) })
    }

    /// Columns as (source type, source value, target type, what must arrive as text); nil is rejected.
    static let conversions: [(String, String, String, String?)] = [
        ("mood", "'sad'", "feeling", "sad"), ("mood", "'glad'", "feeling", nil),
        ("mood[]", "'{sad,NULL}'", "feeling[]", "{sad,NULL}"), ("text", "'mad'", "feeling", "mad"),
        ("text", "'x'", "feeling", nil),
        ("word", "'hi'", "text", "hi"), ("text", "'hi'", "word", "hi"), ("word[]", "'{a,b}'", "text[]", "{a,b}"),
        ("text[]", "'{a,b}'", "word[]", "{a,b}"), ("words", "'{a}'", "words", "{a}"),
        ("pair", "'(1,x)'", "pair", "(1,x)"),
        ("pair[]", #"'{"(1,x)"}'"#, "pair[]", #"{"(1,x)"}"#), ("int2", "5", "numeric(6,1)", "5.0"),
        ("int4", "5", "int8", "5"),
        ("int8", "5000000000", "int4", nil), ("int8", "-5", "int4", "-5"), ("int4", "40000", "int2", nil),
        ("int4[]", "'{1}'", "int8[]", "{1}"), ("numeric", "1.25", "numeric(4,1)", nil),
        ("numeric", "1.50", "numeric(4,1)", "1.5"),
        ("text", "' 12 '", "int4", "12"), ("text", "'yes'", "boolean", "true"), ("text", "'2024-02-30'", "date", nil),
        ("text", "'abcd'", "varchar(3)", nil), ("text", "'äöü'", "varchar(3)", "äöü"),
        ("char(5)", "'ab'", "text", "ab"),
        ("boolean", "true", "int2", "1"),
        ("uuid", "'00000000-0000-0000-0000-00000000000a'", "text", "00000000-0000-0000-0000-00000000000a"),
        ("timestamp", "'2024-07-01 12:00'", "timestamptz", "2024-07-01 10:00:00+00"),
        ("date", "'2024-01-01'", "timestamptz", "2023-12-31 23:00:00+00"),
        ("timestamp", "'infinity'", "timestamptz", "infinity"),
        ("timestamp", "'2024-07-01 12:00:00.5'", "timestamp(0)", nil),
        ("json", #"'{"a": "x"}'"#, "jsonb", #"{"a": "x"}"#),
        ("json", #"'{"a": "\u0000"}'"#, "jsonb", nil), ("jsonb", "'[1]'", "json", "[1]"),
        ("span", "'[1,3)'", "span", "[1,3)"),
        ("bit(3)", "'101'", "varbit", "101"), ("tsvector", "'a'", "tsvector", "'a'"),
        ("cidr", "'10.0.0.0/8'", "inet", "10.0.0.0/8"),
        ("name", "'n'", "text", "n"), ("interval", "'1 day'", "text", "1 day"),
        ("macaddr", "'08:00:2b:01:02:03'", "macaddr8", "08:00:2b:ff:fe:01:02:03"),
    ]

    @Test(arguments: conversions.indices)
    func conversionsArriveOrAreRejected(_ index: Int) throws {
        let (from, value, to, expected) = Self.conversions[index]
        let types = """
            CREATE DOMAIN word AS varchar(10) CHECK (VALUE <> ''); CREATE DOMAIN words AS text[];
            CREATE TYPE pair AS (a integer, b text); CREATE TYPE span AS RANGE (subtype = int4);
            """
        let databases = try Databases(
            // Types of no use to the other side keep the OIDs apart.
            source: """
                CREATE TYPE mood AS ENUM ('glad', 'sad'); \(types)
                CREATE TABLE thing (id serial PRIMARY KEY, x \(from)); INSERT INTO thing (x) VALUES (\(value)), (NULL)
                """,
            target: """
                CREATE DOMAIN other AS text; CREATE DOMAIN another AS text; \(types) CREATE TYPE feeling AS ENUM ('mad', 'sad');
                CREATE TABLE things (id uuid PRIMARY KEY, x \(to))
                """
        )
        let (plan, findings) = try databases.resolve("things: { from: thing, to: things, tag: 1 }")
        let resolved = try #require(plan, "\(findings)")
        let rejects = try databases.copy(resolved.entities[0], of: resolved)
        #expect(rejects.count == (expected == nil ? 1 : 0), "\(rejects)")
        let arrived = try databases.target.query("SELECT x::text FROM \(databases.schema).things WHERE x IS NOT NULL")
            .rows.map { $0.text(0) }
        #expect(arrived == (expected.map { [$0] } ?? []), "\(from) → \(to)")
    }
}
