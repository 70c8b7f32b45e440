import Catalog
import FoundationEssentials
import MigrationPlan
import Postgres
import PostgresFixture
import RowPipeline
import Testing

@Suite struct CatalogTests {
    static let coreTypes = """
        a_bool boolean, a_int2 smallint, a_int4 integer, a_int8 bigint, a_numeric numeric(10,2), a_float4 real,
        a_float8 double precision, a_text text, a_varchar varchar(20), a_char char(3), a_bytea bytea, a_date date,
        a_time time, a_timetz timetz, a_timestamp timestamp(3), a_timestamptz timestamptz, a_interval interval,
        a_uuid uuid, a_json json, a_jsonb jsonb, a_inet inet, a_cidr cidr, a_macaddr macaddr, a_point point,
        a_bit bit(3), a_varbit varbit, a_xml xml, a_range int4range, a_tsvector tsvector, a_array integer[],
        a_texts text[]
        """

    @Test func aColumnOfEachCoreTypeIsCarriedOver() throws {
        let databases = try Databases(
            source: "CREATE TABLE thing (id serial PRIMARY KEY, \(Self.coreTypes))",
            target: "CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, \(Self.coreTypes))"
        )
        let (plan, findings) = try databases.resolve(
            """
            things:
              from: thing
              to: things
              legacy: legacy_id
              tag: 1
            """
        )
        let entity = try #require(plan?.entities.first, "\(findings)")
        #expect(findings.filter { $0.severity != .note }.isEmpty)
        #expect(entity.program.outputs.map(\.name).prefix(2) == ["id", "legacy_id"])
        #expect(entity.program.outputs.count == 33)
        for output in entity.program.outputs.dropFirst() where output.name != "a_json" {
            guard case .copy = output.operation else {
                Issue.record("\(output.name): \(output.operation)")
                continue
            }
        }
        // The server must accept every statement made of it.
        try databases.source.execute("SET search_path TO \(plan?.sourceSearchPath ?? "")")
        try databases.source.execute("EXPLAIN " + entity.countStatement(lower: -3, upper: .max))
        try databases.source.execute(entity.sourceRowsStatement(keys: [1, -1]))
        try databases.source.copyOut(entity.copyOutStatement(lower: .min, upper: nil))
        try databases.source.copyOut(entity.copyOutStatement(keys: [1, 2]))
        try databases.target.copyIn(entity.copyInStatement)
        databases.target.failCopy("enough")
    }
}

extension CatalogTests {
    @Test func everyKindOfColumnIsCompiled() throws {
        let databases = try Databases(
            source: """
                CREATE TYPE mood AS ENUM ('glad', 'sad');
                CREATE TABLE office (id serial PRIMARY KEY);
                CREATE TABLE thing (id serial PRIMARY KEY, office_id integer, parent_id integer, status integer,
                    context text, "the name" text, moods mood[], cents integer, created timestamp, removed boolean);
                INSERT INTO thing (id) SELECT generate_series(-5, 5)
                """,
            target: """
                CREATE TYPE status AS ENUM ('draft', 'sent');
                CREATE TYPE feeling AS ENUM ('sad', 'glad', 'mad');
                CREATE DOMAIN short AS varchar(10) CHECK (VALUE <> '');
                CREATE TABLE offices (id uuid PRIMARY KEY);
                CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, office_id uuid, parent_id uuid DEFAULT
                    gen_random_uuid(), status status, context jsonb, name short, moods feeling[], total numeric(10,2),
                    created timestamptz, origin status DEFAULT 'draft', number integer GENERATED ALWAYS AS IDENTITY,
                    kept text DEFAULT 'x')
                """
        )
        let (plan, findings) = try databases.resolve(
            """
            offices: { from: office, to: offices, tag: 1 }
            things:
              from: thing
              to: things
              legacy: legacy_id
              tag: 2
              where: removed IS NOT TRUE
              columns:
                office_id: { ref: offices, by: office_id, on_orphan: null }
                parent_id: { ref: things, by: parent_id, on_orphan: null }
                status: { map: { 1: draft, 2: sent, 3: null }, from: status }
                context: { json: context, on_invalid: null, json_refs: [{ path: "a[*].b", ref: offices, on_orphan: null }] }
                name: { from: the name }
                total: { sql: "cents / 100.0" }
                origin: { value: sent }
              checks: [{ name: positive, sql: "cents > 0" }]
              unique: [{ columns: [name], keep: { newest: created } }]
            """
        )
        let things = try #require(plan?.entity(named: "things"), "\(findings)")
        let operations = Dictionary(uniqueKeysWithValues: things.program.outputs.map { ($0.name, $0.operation) })
        func input(_ sql: String) -> Int { things.select.expressions.firstIndex(of: sql) ?? -1 }
        #expect(operations["legacy_id"] == .copy(input: things.program.keyInput))
        #expect(operations["origin"] == .constant(Array("sent".utf8)))
        #expect(operations["parent_id"] == .constant(nil), "the default must not apply before the second pass")
        #expect(operations["number"] == nil)
        #expect(operations["kept"] == nil)
        #expect(
            operations["name"]
                == .convert(
                    input: input(#"(source."the name")::pg_catalog.text"#),
                    .text(maximumCharacters: 10, truncates: false)
                )
        )
        #expect(operations["total"] == .convert(input: input("cents / 100.0"), .numeric(precision: 10, scale: 2)))
        #expect(
            operations["office_id"]
                == .reference(
                    ReferenceOperation(
                        alternatives: [
                            .init(entity: "offices", input: input("(office_id)::pg_catalog.int8"), condition: nil)
                        ],
                        onOrphan: .null
                    )
                )
        )
        guard case .map(let map) = operations["status"], case .json(let document) = operations["context"],
            case .convert(_, .arrayElementType(let element)) = operations["moods"]
        else {
            Issue.record("\(operations)")
            return
        }
        #expect(
            map.entries == [
                .init(key: "1", value: Array("draft".utf8)), .init(key: "2", value: Array("sent".utf8)),
                .init(key: "3", value: nil),
            ]
        )
        #expect(document.references.map(\.path) == [["a", "[*]", "b"]])
        let feeling = try databases.target.query("SELECT '\(databases.schema).feeling'::regtype::oid::int8").first?
            .integer(0)
        #expect(Int64(element) == feeling)
        #expect(things.dependencies == ["offices"])
        #expect(things.recordsPresence)
        #expect(things.fill?.columns == [StagingColumn(name: "parent_id", type: "uuid")])
        #expect(things.statistics.rows == 11)
        #expect(things.statistics.minKey == -5)
        #expect(things.statistics.bounds == Array(-5...5))
        #expect(things.stagingColumns.contains(StagingColumn(name: "name", type: "character varying")))
        let json = try JSONEncoder().encode(plan)
        #expect(try JSONDecoder().decode(ResolvedPlan.self, from: json) == plan, "workers read it as JSON")
        try self.run(things, in: plan, databases)
    }

    /// Both servers must accept every statement.
    private func run(_ things: ResolvedEntity, in plan: ResolvedPlan?, _ databases: borrowing Databases) throws {
        try databases.source.execute("SET search_path TO \(plan?.sourceSearchPath ?? "")")
        try databases.source.execute(try #require(things.losersStatement))
        try databases.source.copyOut(try #require(things.fillCopyOutStatement(lower: nil, upper: 0)))
        let count = try databases.source.query(things.countStatement(lower: 0, upper: nil)).first
        #expect(count?.integer(0) == 6)
        #expect(count?.integer(1) == 0)
        let row = try databases.source.query(things.sourceRowsStatement(keys: [3])).first
        #expect(row?.text(1)?.contains(#""the name": null"#) == true)
        try databases.target.execute(try #require(things.createFillTableStatement))
        try databases.target.copyIn(try #require(things.fillCopyInStatement))
        databases.target.failCopy("enough")
        try databases.target.execute(try #require(things.updateFromFillStatement))
    }

    @Test func losersLoseByTheRuleOfThePlan() throws {
        let databases = try Databases(
            source: """
                CREATE TABLE person (id serial PRIMARY KEY, email text, born date);
                INSERT INTO person (email, born) VALUES ('a', '2000-01-01'), ('A', '2001-01-01'), (NULL, NULL), (NULL, NULL),
                    ('b', NULL), ('B', '1990-01-01'), ('c', NULL)
                """,
            target: "CREATE TABLE people (id uuid PRIMARY KEY, email text UNIQUE)"
        )
        for (keep, losers) in [("lowest_key", [2, 6]), ("highest_key", [1, 5]), ("{ newest: born }", [1, 5])]
            as [(String, [Int64])]
        {
            let (plan, findings) = try databases.resolve(
                """
                people: { from: person, to: people, tag: 1, columns: { email: { sql: lower(email) } },
                  unique: [{ columns: [email], keep: \(keep) }] }
                """
            )
            let statement = try #require(plan?.entities.first?.losersStatement, "\(findings)")
            #expect(try databases.source.query(statement).rows.compactMap { $0.integer(0) } == losers)
        }
    }

    @Test func tablesBelowAQueryAreNamed() throws {
        let databases = try Databases(
            source: """
                CREATE TABLE a (id serial PRIMARY KEY, name text);
                CREATE TABLE "B" (id serial PRIMARY KEY, a_id integer);
                CREATE TABLE c (id serial PRIMARY KEY);
                CREATE VIEW below AS SELECT id FROM c
                """,
            target: "CREATE TABLE things (id uuid PRIMARY KEY, name text, many bigint)"
        )
        let (plan, findings) = try databases.resolve(
            """
            things:
              from: a
              query: SELECT a.id, a.name FROM a LEFT JOIN "B" ON a_id = a.id
              to: things
              tag: 1
              columns: { many: { sql: "(SELECT count(*) FROM below)" } }
            """
        )
        let tables = try #require(plan?.entities.first?.sourceTables, "\(findings)")
        #expect(tables == ["B", "a", "c"].map { "\"\(databases.schema)\".\"\($0)\"" })
    }
}
