import Catalog
import MigrationPlan
import Postgres
import PostgresFixture
import RowPipeline
import Testing

@Suite struct CatalogFindingTests {
    static let target = "CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, "
    static let plan = "things: { from: thing, to: things, legacy: legacy_id, tag: 1"

    /// A case: what differs in source, target and plan, and the finding that must come of it.
    struct Case: CustomTestStringConvertible {
        var source: String
        var target: String
        var plan: String
        var code: String
        var severity = Finding.Severity.error

        var testDescription: String { self.code }
    }

    @Test(arguments: [
        Case(
            source: "name text",
            target: "name text, extra text",
            plan: "",
            code: "unmapped-column",
            severity: .warning
        ),
        Case(source: "name text", target: "extra text NOT NULL", plan: "", code: "missing-value"),
        Case(source: "name text", target: "name text", plan: ", columns: { other: name }", code: "missing-column"),
        Case(source: "name text", target: "name text", plan: ", columns: { name: other }", code: "missing-column"),
        Case(
            source: "name text",
            target: "name text",
            plan: ", columns: { name: { sql: lower(nme) } }",
            code: "refused-sql"
        ),
        Case(source: "name text", target: "name text NOT NULL", plan: "", code: "nullable-source", severity: .note),
        Case(source: "n float8", target: "n numeric(10,2)", plan: "", code: "no-cast"),
        Case(source: "owner integer", target: "owner uuid", plan: "", code: "no-cast"),
        Case(
            source: "a integer",
            target: "n varchar(3)",
            plan: ", columns: { n: { value: abcd } }",
            code: "refused-value"
        ),
        Case(source: "a integer", target: "n integer", plan: ", columns: { n: { value: abc } }", code: "refused-value"),
        Case(
            source: "a integer",
            target: "n integer",
            plan: ", columns: { n: { map: { 1: one }, from: a } }",
            code: "refused-value"
        ),
        Case(
            source: "p integer",
            target: "p text",
            plan: ", columns: { p: { ref: things, by: p, on_orphan: null } }",
            code: "reference-type"
        ),
        Case(
            source: "p integer",
            target: "p uuid NOT NULL",
            plan: ", columns: { p: { ref: things, by: p, on_orphan: null } }",
            code: "deferred-not-null"
        ),
        Case(
            source: "a text",
            target: "a text",
            plan: ", columns: { a: { sql: a } }, checks: [{ name: c, sql: a }]",
            code: "check-type"
        ),
        Case(source: "a text", target: "a text", plan: ", where: nothing", code: "refused-query"),
        Case(source: "a text", target: "a text", plan: ", query: SELECT id FROM nowhere", code: "refused-query"),
        Case(source: "a text", target: "a text", plan: ", query: SELECT a FROM thing", code: "missing-key"),
        Case(source: "a text", target: "a text", plan: ", key: nr", code: "missing-key"),
        Case(source: "a text", target: "a text", plan: ", key: a", code: "key-type"),
        Case(source: "a integer", target: "a integer", plan: ", key: a", code: "key-not-unique", severity: .warning),
        Case(
            source: "a text",
            target: "a jsonb",
            plan: ", columns: { a: a }, unique: [{ columns: [a] }]",
            code: "unique-column"
        ),
        Case(source: "a text", target: "a text UNIQUE", plan: "", code: "undecided-unique", severity: .note),
        Case(
            source: "a text",
            target: "a text, b integer GENERATED ALWAYS AS (1) STORED",
            plan: ", columns: { b: { value: 1 } }",
            code: "generated-column"
        ),
    ])
    func whatIsWrongIsFound(_ one: Case) throws {
        let databases = try Databases(
            source: "CREATE TABLE thing (id serial PRIMARY KEY, \(one.source))",
            target: Self.target + one.target + ")"
        )
        let (plan, findings) = try databases.resolve(Self.plan + one.plan + " }")
        let found = findings.first { $0.code == one.code }
        #expect(found?.severity == one.severity, "\(findings)")
        #expect((found?.position.line ?? 0) > 0)
        #expect((plan == nil) == findings.contains { $0.severity == .error })
    }

    @Test func uniqueIndexesAreNamedByWhatTheyHave() throws {
        let databases = try Databases(
            source: "CREATE TABLE thing (id serial PRIMARY KEY, a text, b text)",
            target: Self.target
                + "a text, b text); CREATE UNIQUE INDEX one ON things (lower(a)); CREATE UNIQUE INDEX two ON things (b, lower(a))"
        )
        let (_, findings) = try databases.resolve(Self.plan + " }")
        let words = findings.filter { $0.code == "undecided-unique" }.map(\.message).sorted()
        #expect(words.count == 2)
        #expect(
            words.first?.hasSuffix("index one on expressions, and no `unique:` rule says who wins") == true,
            "\(words)"
        )
        #expect(
            words.last?.hasSuffix("index two on b, expressions, and no `unique:` rule says who wins") == true,
            "\(words)"
        )
    }

    @Test func columnsThatNobodyReadsOrWritesAreNoted() throws {
        let databases = try Databases(
            source: "CREATE TABLE thing (id serial PRIMARY KEY, name text, created timestamptz, \"Odd one\" int)",
            target: Self.target + "name text, created_at timestamptz DEFAULT now(), remark text)"
        )
        let (_, findings) = try databases.resolve(Self.plan + " }")
        let unread = findings.first { $0.code == "unread-columns" }
        #expect(unread?.message == "thing: no entity reads created, Odd one")
        let left = findings.first { $0.code == "left-to-target" }
        #expect(left?.message.hasSuffix("the target fills created_at (default), remark (NULL)") == true, "\(findings)")
        #expect(findings.allSatisfy { $0.severity < .error })
    }

    @Test func aMaterializedViewIsNoSource() throws {
        let databases = try Databases(
            source: "CREATE MATERIALIZED VIEW thing AS SELECT 1 AS id, 'a'::text AS name",
            target: Self.target + "name text)"
        )
        let (plan, findings) = try databases.resolve(Self.plan + " }")
        #expect(plan == nil)
        #expect(findings.contains { $0.code == "source-not-kept" && $0.severity == .error }, "\(findings)")
    }

    @Test(arguments: ["INSERT", "UPDATE"])
    func rulesOfTheTargetAreFoundUnlessTheyAreDisabled(event: String) throws {
        let databases = try Databases(
            source: "CREATE TABLE thing (id serial PRIMARY KEY, name text)",
            target: Self.target
                + "name text); CREATE RULE elsewhere AS ON \(event) TO things DO INSTEAD NOTHING"
        )
        let (plan, findings) = try databases.resolve(Self.plan + " }")
        #expect(plan == nil)
        #expect(findings.contains { $0.code == "target-rules" && $0.message.contains("elsewhere") }, "\(findings)")
        try databases.target.execute("ALTER TABLE \(databases.schema).things DISABLE RULE elsewhere")
        let (accepted, others) = try databases.resolve(Self.plan + " }")
        #expect(accepted != nil, "\(others)")
    }

    @Test func missingTablesAreFoundOnBothSides() throws {
        let databases = try Databases(source: "SELECT", target: "SELECT")
        let (_, findings) = try databases.resolve(Self.plan + " }\nothers: { from: other, to: auth.others, tag: 2 }")
        #expect(findings.map(\.code) == Array(repeating: "missing-table", count: 4), "two entities, two sides")
    }

    @Test func aZoneThatTheSourceDoesNotKnowIsFound() throws {
        let databases = try Databases(
            source: "CREATE TABLE thing (id serial PRIMARY KEY, made timestamp)",
            target: Self.target + "made timestamptz)"
        )
        let (plan, findings) = try databases.resolve(Self.plan + " }", timeZone: "Europe/Berlinn")
        #expect(findings.map(\.code) == ["time-zone"])
        #expect((findings.first?.position.line ?? 0) > 0)
        #expect(plan == nil)
    }

    @Test func tablesAndKeysThatDoNotFitAreFound() throws {
        let databases = try Databases(
            source: """
                CREATE TABLE thing (id bigint UNIQUE, name text);
                INSERT INTO thing VALUES (NULL), (1::bigint << 50)
                """,
            target: """
                CREATE TABLE things (id text, legacy_id integer NOT NULL, name text);
                INSERT INTO things VALUES ('x', 1)
                """
        )
        let (_, findings) = try databases.resolve(Self.plan + " }")
        let codes = Set(findings.map(\.code))
        let expected: Set = [
            "null-keys", "key-out-of-range", "id-type", "legacy-type", "legacy-not-null", "legacy-not-unique",
            "target-not-empty",
        ]
        #expect(codes.isSuperset(of: expected), "\(findings)")
    }

    @Test func aRoleWithoutRightsIsTold() throws {
        let databases = try Databases(
            source: "CREATE TABLE thing (id serial PRIMARY KEY, name text)",
            target: Self.target + "name text); ALTER TABLE things ENABLE ROW LEVEL SECURITY"
        )
        let role = "catalog_tests_nobody"
        try databases.source.execute("CREATE ROLE \(role)")
        try databases.source.execute("GRANT USAGE ON SCHEMA \(databases.schema) TO \(role); SET ROLE \(role)")
        try databases.target.execute(
            "GRANT USAGE ON SCHEMA \(databases.schema) TO \(role); GRANT SELECT ON \(databases.schema).things TO \(role); SET ROLE \(role)"
        )
        let (_, findings) = try databases.resolve(Self.plan + " }")
        let privileges = findings.filter { $0.code == "missing-privilege" }.map(\.message).joined(separator: "\n")
        #expect(privileges.contains("schema godwit"))
        #expect(privileges.contains("SELECT on \"\(databases.schema)\".\"thing\""))
        #expect(privileges.contains("INSERT, UPDATE, DELETE on \"\(databases.schema)\".\"things\""))
        #expect(findings.contains { $0.code == "row-security" })
    }
}
