import Catalog
import Postgres
import PostgresFixture
import Testing

/// Whoever sees what is done to a table: subscribers, triggers, rules.
extension RebuildingTests {
    private static let someFunction =
        "CREATE FUNCTION something() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'"

    /// A duplicate must not be there for a moment where others would see it come, or go.
    @Test(arguments: [
        ("CREATE PUBLICATION one FOR TABLE things", "keep", "the table is published"),
        ("CREATE PUBLICATION one FOR TABLE things", "suspend", "the table is published"),
        ("CREATE PUBLICATION every FOR ALL TABLES", "keep", "the table is published"),
        ("CREATE PUBLICATION inserts FOR TABLE things WITH (publish = 'insert')", "keep", "the table is published"),
        (
            "CREATE TRIGGER t BEFORE DELETE ON things FOR EACH ROW EXECUTE FUNCTION something()", "keep",
            "the table has a trigger for DELETE"
        ),
        (
            "CREATE TRIGGER t AFTER INSERT OR DELETE ON things EXECUTE FUNCTION something()", "keep",
            "the table has a trigger for DELETE"
        ),
        (
            "CREATE TRIGGER t AFTER DELETE ON things EXECUTE FUNCTION something(); ALTER TABLE things ENABLE ALWAYS TRIGGER t",
            "keep", "the table has a trigger for DELETE"
        ),
        ("CREATE TRIGGER t AFTER DELETE ON things EXECUTE FUNCTION something()", "suspend", nil),
        ("CREATE TRIGGER t AFTER INSERT OR UPDATE ON things EXECUTE FUNCTION something()", "keep", nil),
        (
            "CREATE TRIGGER t AFTER DELETE ON things EXECUTE FUNCTION something(); ALTER TABLE things DISABLE TRIGGER t",
            "keep", nil
        ),
        ("CREATE RULE r AS ON DELETE TO things DO INSTEAD NOTHING", "suspend", "the table has a rule for DELETE"),
        (
            "CREATE RULE r AS ON DELETE TO things DO INSTEAD NOTHING; ALTER TABLE things DISABLE RULE r", "suspend", nil
        ),
    ])
    func uniqueIndexesStayWhereOthersWouldSeeDuplicates(sql: String, triggers: String, reason: String?) throws {
        let pair = try Pair(
            source: "CREATE TABLE thing (id serial PRIMARY KEY)",
            target: """
                CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE, v int);
                CREATE INDEX plain ON things (v); CREATE UNIQUE INDEX partly ON things (v) WHERE v > 0;
                \(Self.someFunction); \(sql)
                """
        )
        let (entities, findings) = try pair.resolve(
            Self.plan("things:\n  from: thing\n  to: things\n  tag: 1\n  legacy: legacy_id\n  triggers: \(triggers)")
        )
        let entity = try #require(entities.first, "\(findings)")
        let unique = ["partly", "things_legacy_id_key", "things_pkey"]
        #expect(Set((entity.deferredObjects ?? []).map(\.name)) == Set(["plain"] + (reason == nil ? unique : [])))
        #expect(entity.keptObjects == (reason.map { reason in unique.map { KeptObject($0, reason) } } ?? []))
    }

    @Test func tablesOfAPublishedSchemaArePublished() throws {
        let pair = try Pair(
            source: "CREATE TABLE thing (id serial PRIMARY KEY)",
            target: "CREATE TABLE things (id uuid, legacy_id bigint UNIQUE)"
        )
        guard pair.target.serverVersion >= 150_000 else { return }
        try pair.target.execute("CREATE PUBLICATION whole FOR TABLES IN SCHEMA public")
        let (entities, _) = try pair.resolve(
            Self.plan("things:\n  from: thing\n  to: things\n  tag: 1\n  legacy: legacy_id")
        )
        #expect(entities.first?.keptObjects?.map(\.reason) == ["the table is published"])
    }
}
