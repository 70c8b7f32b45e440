import Catalog
import Postgres
import Testing

@Suite struct UnreadableRowSearchTests {
    private static let source = """
        CREATE TABLE thing (id integer PRIMARY KEY, divisor integer, "loop" text);
        INSERT INTO thing SELECT n, n % 700, CASE n WHEN 1699 THEN 'many' ELSE n::text END FROM generate_series(-1, 3000) AS n
        """
    private static let entities = """
        things:
          from: thing
          to: things
          legacy: legacy_id
          tag: 1
          columns:
            share: { sql: "420 / divisor" }
            amount: { sql: '"loop"::integer' }
        """

    private func search(
        _ keys: UnreadableRowSearch.Keys,
        keepsMessages: Bool = true,
        more: String = ""
    ) throws -> [String] {
        let databases = try Databases(
            source: Self.source + more,
            target: "CREATE TABLE things (id uuid PRIMARY KEY, share integer, amount integer, legacy_id bigint)"
        )
        let (plan, findings) = try databases.resolve(Self.entities)
        let entity = try #require(plan?.entities.first, "\(findings)")
        let search = UnreadableRowSearch(entity, reading: entity.select, keys: keys, keepsMessages: keepsMessages)
        try databases.source.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SAVEPOINT shard")
        let snapshot = try databases.source.query("SELECT pg_current_snapshot()").first?.text(0)
        try databases.source.execute(search.statement)
        let found = try databases.source.query(UnreadableRowSearch.found)
        // Nothing of it stays, and no transaction id was taken.
        try databases.source.execute("ROLLBACK TO SAVEPOINT shard")
        let after = try databases.source.query(
            "SELECT pg_current_snapshot(), pg_current_xact_id_if_assigned(), current_setting('godwit.keys', true)"
        )
        #expect(after.first?.text(0) == snapshot)
        #expect(after.first?.text(1) == nil)
        #expect(after.first?.text(2) ?? "" == "")
        return found.rows.map { "\($0.text(0) ?? "~") \($0.text(1) ?? "~") \($0.text(2) ?? "~")" }
    }

    @Test func everyBadRowOfARangeIsFoundInOrder() throws {
        let all = try self.search(.range(lower: nil, upper: nil))
        #expect(
            all == [
                "0 22012 division by zero", "700 22012 division by zero", "1400 22012 division by zero",
                "1699 22P02 invalid input syntax for type integer: \"many\"", "2100 22012 division by zero",
                "2800 22012 division by zero",
            ]
        )
        let some = try self.search(.range(lower: 700, upper: 1699), keepsMessages: false)
        #expect(some == ["700 22012 ", "1400 22012 "])
        #expect(try self.search(.range(lower: 701, upper: 702)) == [])
        #expect(try self.search(.range(lower: 9000, upper: nil)) == [])
    }

    @Test func keysOfAReplayAreLookedAtAndNoOthers() throws {
        #expect(try self.search(.list([2100, 3, 0, 9000]), keepsMessages: false) == ["0 22012 ", "2100 22012 "])
        #expect(try self.search(.list([])) == [])
        #expect(try self.search(.list([1, 2])) == [])
    }

    @Test func allRowsMayBeBad() throws {
        let found = try self.search(
            .range(lower: nil, upper: nil),
            keepsMessages: false,
            more: "; UPDATE thing SET divisor = 0"
        )
        #expect(found.count == 3002)
        #expect(found.first == "-1 22012 ")
    }
}
