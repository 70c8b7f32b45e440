import Postgres
import Testing

extension EndToEnd {
    /// Rows that an application writes to a target table while its unique indexes are off for the load.
    @Suite struct StrangerTests {
        private static let entities = """
            a:
              from: a
              to: a
              legacy: legacy_id
              tag: 1
              where: "id <> 500"
              columns:
                note: { sql: "held(id)" }
            """

        /// A load that stands still while `strangers` are written.
        private static func migrate(
            _ strangers: String,
            _ body: (Migration, _ status: Int32) throws -> Void
        ) async throws {
            try await Migration.with(
                source: """
                    \(HeldRow.function)
                    CREATE TABLE a (id integer PRIMARY KEY, code integer);
                    INSERT INTO a SELECT 2 * n, 2 * n FROM generate_series(1, 300) AS n;
                    ANALYZE
                    """,
                target: """
                    CREATE TABLE a (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), legacy_id bigint UNIQUE,
                                    code integer UNIQUE, note text)
                    """,
                run: "shard_rows: 100\nrebuild: always",
                entities: Self.entities
            ) { migration in
                let holder = try migration.connect(.source)
                try holder.execute(HeldRow.hold)
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                try migration.execute(.target, strangers)
                try holder.execute(HeldRow.letGo)
                try body(migration, await coordinator.exitStatus())
            }
        }

        @Test func aRowThatTheSourceDoesNotHaveStaysAndTheOneOfTheRunGivesWay() async throws {
            // Beyond the last key, in a gap, of a key that the plan filters, and with the very id that Godwit would give it.
            try await Self.migrate(
                """
                INSERT INTO a (legacy_id, code, note) VALUES (9001, 8, 'new'), (101, 10, 'new'), (500, 14, 'new');
                INSERT INTO a (id, legacy_id, code, note) VALUES (godwit.uuid('a', 9003), 9003, 12, 'new')
                """
            ) { migration, status in
                #expect(status == 0, "\(migration.logs)")
                try migration.expect(
                    ["101|10", "500|14", "9001|8", "9003|12"],
                    "SELECT legacy_id, code FROM a WHERE note = 'new' ORDER BY legacy_id"
                )
                try migration.expect(
                    ["8|8|9001", "10|10|101", "12|12|9003", "14|14|500"],
                    """
                    SELECT source_key, source_row->>'code', substring(detail FROM 'gave way to legacy key (\\d+)')
                      FROM godwit.rejects ORDER BY source_key
                    """
                )
                try migration.expectTotals(["a|300|295|4|1"])
                try migration.expect(["295"], "SELECT count(*) FROM a WHERE note LIKE 'row %'")
            }
        }

        /// One that came after the plan was resolved, or that is on again when a failed task is tried once more.
        @Test func nothingIsDeletedWhereATriggerWouldMeetIt() async throws {
            try await Self.migrate(
                """
                INSERT INTO a (legacy_id, code, note) VALUES (9001, 8, 'new');
                CREATE TABLE gone (legacy_id bigint);
                CREATE FUNCTION note_gone() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN INSERT INTO public.gone VALUES (OLD.legacy_id); RETURN NULL; END';
                CREATE TRIGGER note_gone AFTER DELETE ON a FOR EACH ROW EXECUTE FUNCTION note_gone()
                """
            ) { migration, status in
                #expect(status == 2, "\(migration.logs)")
                try migration.expect(["8", "9001"], "SELECT legacy_id FROM a WHERE code = 8 ORDER BY legacy_id")
                try migration.expect(["0"], "SELECT count(*) FROM gone")
                try migration.expect(
                    ["index|t"],
                    """
                    SELECT kind, message LIKE '%a trigger or a rule of the table would meet%'
                      FROM godwit.shards WHERE state = 'failed'
                    """
                )
                try migration.expectTotals(["a|300|299|0|1"])
            }
        }

        @Test func ofTwoThatTheSourceDoesNotHaveNoneIsChosen() async throws {
            try await Self.migrate(
                "INSERT INTO a (legacy_id, code, note) VALUES (9001, 8, 'new'), (9002, 8, 'new')"
            ) { migration, status in
                #expect(status == 2, "\(migration.logs)")
                try migration.expect(["2"], "SELECT count(*) FROM a WHERE note = 'new'")
                try migration.expect(
                    ["t"],
                    """
                    SELECT message LIKE '%2 of them are not of this run (legacy keys 9001, 9002)%'
                      FROM godwit.shards WHERE state = 'failed'
                    """
                )
                try migration.expectTotals(["a|300|299|0|1"])
            }
        }
    }
}
