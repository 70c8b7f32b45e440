import Catalog
import MigrationPlan
import Postgres
import PostgresFixture
import Preflight
import Testing

@Suite struct PreflightTests {
    @Test func theSourcesRowsAreCheckedAgainstThePlan() throws {
        let source = try Connection(PrivateServer.shared.createDatabase(), role: .source, applicationName: "preflight")
        let target = try Connection(PrivateServer.shared.createDatabase(), role: .target, applicationName: "preflight")
        try source.execute(
            """
            CREATE TABLE public.jaw (id serial PRIMARY KEY, code text);
            CREATE TABLE public.instruction (id serial PRIMARY KEY, jaw_id integer, number text, email text);
            INSERT INTO public.jaw (code) VALUES ('a'), ('b'), ('c');
            INSERT INTO public.instruction (jaw_id, number, email) VALUES (2, 'x', 'm'), (2, 'y', 'M'), (3, 'x', NULL)
            """
        )
        try target.execute(
            """
            CREATE TABLE public.jaws (id uuid PRIMARY KEY, code text);
            CREATE TABLE public.orders (id uuid PRIMARY KEY, number text UNIQUE, email text)
            """
        )
        let text = """
            version: 1
            name: test
            uuid: { strategy: ordered, namespace: 6f2c7a0e-5d1b-4c3a-9f00-0123456789ab }
            entities:
              jaws:
                from: jaw
                query: SELECT j.* FROM jaw j LEFT JOIN instruction i ON i.jaw_id = j.id
                to: jaws
                tag: 1
              orders:
                from: instruction
                to: orders
                tag: 2
                columns: { email: { sql: lower(email) } }
                unique: [{ columns: [email], keep: lowest_key }]
            """
        let plan = try #require(PlanLoader.load(text: text, file: "test.yaml").plan)
        let report = try Preflight.check(plan: plan, graph: DependencyGraph(of: plan), source: source, target: target)
        let findings = Dictionary(report.findings.map { ($0.code, $0) }) { first, _ in first }
        #expect(findings["repeated-keys"]?.severity == .error)
        #expect(findings["repeated-keys"]?.message == "jaws: the query yields 1 keys more than once: 2")
        #expect(
            findings["losers"]?.message == "orders: 1 rows (keys 2) would be rejected as `duplicate` by unique (email)"
        )
        #expect(
            findings["undecided-duplicates"]?.message
                == "orders: 1 rows (keys 3) would be refused by the target's unique index on (number)"
        )
        #expect(!report.passes)
        #expect(report.estimates.map(\.rows) == [3, 3])
        #expect(report.source.isPooled == false)
    }

    /// A primary key holds for its own table, and a SELECT reads the rows of those that inherit from it as well.
    @Test func keysThatRepeatInAnInheritingTableAreFound() throws {
        let source = try Connection(PrivateServer.shared.createDatabase(), role: .source, applicationName: "preflight")
        let target = try Connection(PrivateServer.shared.createDatabase(), role: .target, applicationName: "preflight")
        try source.execute(
            """
            CREATE TABLE public.jaw (id integer PRIMARY KEY);
            CREATE TABLE public.upper_jaw () INHERITS (public.jaw);
            CREATE TABLE public.third () INHERITS (public.upper_jaw);
            CREATE TABLE public.parted (id integer PRIMARY KEY) PARTITION BY RANGE (id);
            CREATE TABLE public.part PARTITION OF public.parted DEFAULT;
            INSERT INTO public.jaw VALUES (1), (2), (3);
            INSERT INTO public.upper_jaw VALUES (2), (4)
            """
        )
        try target.execute(
            "CREATE TABLE public.jaws (id uuid PRIMARY KEY); CREATE TABLE public.parts (id uuid PRIMARY KEY)"
        )
        let text = """
            version: 1
            name: test
            uuid: { strategy: ordered, namespace: 6f2c7a0e-5d1b-4c3a-9f00-0123456789ab }
            entities:
              jaws: { from: jaw, to: jaws, tag: 1 }
              parts: { from: parted, to: parts, tag: 2 }
            """
        let plan = try #require(PlanLoader.load(text: text, file: "test.yaml").plan)
        let report = try Preflight.check(plan: plan, graph: DependencyGraph(of: plan), source: source, target: target)
        let inherited = report.findings.filter { $0.code == "source-inherited" }
        #expect(inherited.count == 1)
        #expect(inherited.first?.severity == .warning)
        #expect(inherited.first?.message.contains(#""public"."third", "public"."upper_jaw""#) == true)
        let repeated = report.findings.filter { $0.code == "repeated-keys" }
        #expect(repeated.map(\.message) == ["jaws: the table yields 1 keys more than once: 2"])
        #expect(!report.passes)
    }
}
