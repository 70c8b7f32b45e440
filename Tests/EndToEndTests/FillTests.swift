import Testing

extension EndToEnd {
    /// A reference that was resolved and did not get to its row fails its shard.
    @Suite struct FillTests {
        private static let source = """
            CREATE TABLE room (id integer PRIMARY KEY, next_id integer);
            INSERT INTO room SELECT n, n % 300 + 1 FROM generate_series(1, 300) AS n; ANALYZE
            """
        private static let target = "CREATE TABLE rooms (id uuid PRIMARY KEY, next_id uuid, legacy_id bigint UNIQUE)"
        private static let entities = """
            rooms:
              from: room
              to: rooms
              legacy: legacy_id
              tag: 1
              triggers: keep
              columns:
                next_id: { ref: rooms, by: next_id, on_orphan: null }
            """

        private static func trigger(_ event: String, _ body: String) -> String {
            """
            CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN IF NEW.legacy_id = 137 THEN \(body); END IF; RETURN NEW; END $$;
            CREATE TRIGGER meddler BEFORE \(event) ON rooms FOR EACH ROW EXECUTE FUNCTION meddle()
            """
        }

        @Test(arguments: [
            ("UPDATE", "RETURN NULL", "took 0 of 1 references"),
            ("INSERT", "NEW.id = gen_random_uuid()", "1 rows of \"public\".\"rooms\" have other UUIDs"),
        ])
        func aRowThatATriggerKeepsAsItIsFailsItsShard(_ event: String, _ body: String, _ message: String) async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target + "; " + Self.trigger(event, body),
                entities: Self.entities
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 2, "\(migration.logs)")
                try migration.expect(
                    ["fill|137|138|02000"],
                    "SELECT kind, lower_key, upper_key, sql_state FROM godwit.shards WHERE state = 'failed'"
                )
                let failed = "SELECT message FROM godwit.shards WHERE state = 'failed'"
                let said = try migration.value(.target, failed) ?? ""
                #expect(said.contains(message), "\(said)")
                #expect(said.contains("meddler"), "\(said)")
                try migration.expect(
                    ["299"],
                    "SELECT count(*) FROM rooms WHERE next_id = godwit.uuid('rooms', legacy_id % 300 + 1)"
                )
            }
        }

        /// Rows that the first pass has rejected are in the source, and not in the target.
        @Test func aRejectedRowHasNothingToFill() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target + "; ALTER TABLE rooms ADD CHECK (legacy_id % 50 <> 7)",
                entities: Self.entities
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectTotals(["rooms|300|294|6|0"])
            }
        }
    }
}
