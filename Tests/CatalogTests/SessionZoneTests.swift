import Catalog
import MigrationPlan
import Postgres
import PostgresFixture
import RowPipeline
import Testing

/// Local times that are read with the session's time zone.
@Suite struct SessionZoneTests {
    private static let entity = "things: { from: thing, to: things, legacy: legacy_id, tag: 1 }"
    private static let target =
        "CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, at timestamptz, x text)"

    private static func databases(_ columns: String = "at timestamp, x text", after: String = "") throws -> Databases {
        try Databases(
            source: """
                CREATE TABLE thing (id serial PRIMARY KEY, \(columns));
                INSERT INTO thing (at) VALUES ('2024-03-31 02:30'), ('2024-10-27 02:30'), ('1893-03-31 23:55'),
                    ('infinity'), ('-infinity'), ('4713-01-02 BC'), (NULL); \(after)
                """,
            target: Self.target
        )
    }

    /// What an entity of such a source is read with.
    private static func statement(_ databases: borrowing Databases, _ entity: String, zone: String) throws -> String {
        let (plan, findings) = try databases.resolve(entity, timeZone: zone)
        return try #require(plan, "\(findings)").entities[0].copyOutStatement(lower: nil, upper: nil)
    }

    @Test(arguments: [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
        "Africa/Casablanca",
        "America/St_Johns", "Antarctica/Troll",
    ])
    func aSessionReadsLocalTimesAsAtTimeZoneDoes(_ zone: String) throws {
        let databases = try Databases(source: "", target: "")
        try databases.source.execute("SET TimeZone TO '\(zone)'")
        // All hours, and every five minutes around those in which the offset changes.
        let result = try databases.source.query(
            """
            WITH hours AS (
                SELECT at, at::pg_catalog.timestamptz AS plain, at AT TIME ZONE '\(zone)' AS told,
                       pg_catalog.lag(at::pg_catalog.timestamptz) OVER (ORDER BY at) AS previous
                  FROM pg_catalog.generate_series('1880-01-01'::timestamp, '2060-01-01', '1 hour') AS at),
            changes AS (SELECT at FROM hours WHERE plain - previous <> '1 hour'::interval),
            near AS (
                SELECT changes.at + minutes * '5 minutes'::interval AS at
                  FROM changes, pg_catalog.generate_series(-36, 36) AS minutes
                 UNION ALL
                SELECT unnest('{infinity,-infinity,4713-01-02 BC,0001-01-01,294276-12-30 12:00}'::timestamp[]))
            SELECT (SELECT count(*) FROM hours WHERE plain IS DISTINCT FROM told)
                 + (SELECT count(*) FROM near WHERE at::pg_catalog.timestamptz IS DISTINCT FROM at AT TIME ZONE '\(zone)'),
                   (SELECT count(*) FROM changes)
            """
        )
        #expect(result.first?.integer(0) == 0)
        #expect(try #require(result.first?.integer(1)) > 0, "there are changes to look at")
    }

    @Test func localTimesArriveAsAtTimeZoneReadsThem() throws {
        let databases = try Self.databases()
        let (plan, findings) = try databases.resolve(Self.entity)
        let resolved = try #require(plan, "\(findings)")
        let statement = resolved.entities[0].copyOutStatement(lower: nil, upper: nil)
        #expect(statement.hasPrefix("SET LOCAL TimeZone TO 'Europe/Berlin'; COPY "))
        #expect(!statement.contains("AT TIME ZONE"))
        #expect(try databases.copy(resolved.entities[0], of: resolved) == [])
        let arrived = try databases.target.query(
            "SELECT pg_catalog.string_agg(at::text, ' | ' ORDER BY legacy_id) FROM \(databases.schema).things"
        )
        let sent = try databases.source.query(
            "SELECT pg_catalog.string_agg((at AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC')::text, ' | ' ORDER BY id)"
                + " FROM \(databases.schema).thing"
        )
        let texts = try #require(arrived.first?.text(0)).replacing("+00", with: "")
        #expect(texts == sent.first?.text(0))
    }

    @Test func aCopyThatFailsLeavesTheZoneAsItWas() throws {
        let databases = try Self.databases(after: "INSERT INTO thing (at) VALUES ('4714-11-24 00:00 BC')")
        let (plan, findings) = try databases.resolve(Self.entity)
        let entity = try #require(plan, "\(findings)").entities[0]
        let before = try databases.source.query("SHOW TimeZone").first?.text(0)
        try databases.source.execute("BEGIN; SAVEPOINT shard")
        var received = ByteBuffer()
        #expect(throws: PostgresError.self) {
            try databases.source.copyOut(entity.copyOutStatement(lower: nil, upper: nil))
            while case .more = try databases.source.readCopy(into: &received, until: .max) {}
        }
        try databases.source.execute("ROLLBACK TO SAVEPOINT shard")
        #expect(try databases.source.query("SHOW TimeZone").first?.text(0) == before)
        // So it is behind one that ends well, within the same transaction.
        try databases.source.copyOut(entity.copyOutStatement(lower: nil, upper: 7))
        while case .more = try databases.source.readCopy(into: &received, until: .max) {}
        #expect(try databases.source.query("SHOW TimeZone").first?.text(0) == before)
        #expect(before != "Europe/Berlin")
    }

    @Test(arguments: [
        "things: { from: thing, to: things, legacy: legacy_id, tag: 1, where: \"id > 0\" }",
        "things: { from: thing, to: things, legacy: legacy_id, tag: 1, query: \"SELECT id, at, x FROM thing\" }",
        "things: { from: thing, to: things, legacy: legacy_id, tag: 1, columns: { x: { sql: \"now()::text\" } } }",
        "things: { from: thing, to: things, legacy: legacy_id, tag: 1, columns: { x: { sql: \"at::timestamptz::text\" } } }",
        "things: { from: thing, to: things, legacy: legacy_id, tag: 1, columns: { x: { sql: \"current_date\" } } }",
        "things: { from: thing, to: things, legacy: legacy_id, tag: 1, columns: { x: at } }",
        "things: { from: thing, to: things, legacy: legacy_id, tag: 1, checks: [{ name: late, sql: \"at < now()\" }] }",
    ])
    func whatMayDependOnTheZoneIsReadInTheSessionsOwn(_ entity: String) throws {
        let databases = try Self.databases()
        let statement = try Self.statement(databases, entity, zone: "Europe/Berlin")
        #expect(statement.hasPrefix("COPY "))
        #expect(statement.contains("AT TIME ZONE 'Europe/Berlin'"))
    }

    @Test(arguments: ["CET", "UTC", "+02", "EST5EDT", "Europe/Berlin+2", "posix/Europe/Berlin"])
    func namesThatASettingMayReadOtherwiseAreLeftToTheOperator(_ zone: String) throws {
        let databases = try Self.databases()
        let (plan, _) = try databases.resolve(Self.entity, timeZone: "'\(zone)'")
        guard let entity = plan?.entities[0] else { return }
        #expect(entity.copyOutStatement(lower: nil, upper: nil).hasPrefix("COPY "))
    }

    @Test func aViewIsReadInTheSessionsOwnZone() throws {
        let databases = try Self.databases(after: "CREATE VIEW seen AS SELECT id, at, x FROM thing")
        let statement = try Self.statement(
            databases,
            "things: { from: seen, to: things, key: id, legacy: legacy_id, tag: 1 }",
            zone: "Europe/Berlin"
        )
        #expect(statement.hasPrefix("COPY "))
    }
}
