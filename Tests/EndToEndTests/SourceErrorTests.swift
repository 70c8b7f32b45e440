import ControlStore
import Testing

extension EndToEnd {
    /// Rows whose source SQL fails are rejected by their ids, and no others; nothing of it uses up an attempt.
    @Suite struct SourceErrorTests {
        private static func source(_ more: String = "") -> String {
            """
            CREATE TABLE thing (id integer PRIMARY KEY, divisor integer, amount text, note text);
            INSERT INTO thing SELECT n, n % 7 + 1, n::text, 'n' || n FROM generate_series(1, 3000) AS n;
            \(more);
            ANALYZE
            """
        }
        private static let target =
            "CREATE TABLE things (id uuid PRIMARY KEY, share integer, amount integer, legacy_id bigint UNIQUE)"

        private static func entities(
            _ more: String = "",
            amount: String = "amount::integer",
            isPersonal: Bool = false
        ) -> String {
            """
            things:
              from: thing
              to: things
              legacy: legacy_id
              tag: 1
            \(more)
              columns:
                share: { sql: "420 / divisor" }
                amount: { sql: "\(amount)"\(isPersonal ? ", pii: true" : "") }
            """
        }

        private static let sparse = """
            UPDATE thing SET divisor = 0 WHERE id % 500 = 7 OR id IN (1, 3000, 1500, 1501, 1502);
            UPDATE thing SET amount = 'none' WHERE id % 500 = 9
            """
        private static let expectedBad = "divisor = 0 OR amount = 'none'"

        private func expectExactly(_ bad: String, _ migration: Migration) throws {
            try migration.expectSumsToAgree()
            let expected = try migration.rows(.source, "SELECT id FROM thing WHERE \(bad) ORDER BY id")
            try migration.expect(
                expected,
                "SELECT source_key FROM godwit.rejects WHERE reason LIKE 'source\\_error:%' ORDER BY source_key"
            )
            try migration.expect(["\(3000 - expected.count)"], "SELECT count(*) FROM things")
            try migration.expect(["0|t"], "SELECT sum(failed_attempts), bool_and(state = 'done') FROM godwit.shards")
        }

        @Test(arguments: ["shard_rows: 1000", "shard_rows: 1000\nbatch_rows: 10"])
        func theyAreFoundByTheSourceInOneAttempt(_ run: String) async throws {
            try await Migration.with(
                source: Self.source(Self.sparse),
                target: Self.target,
                run: run,
                entities: Self.entities()
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try self.expectExactly(Self.expectedBad, migration)
                try migration.expect(
                    [
                        "source_error:22012|11|division by zero",
                        "source_error:22P02|6|invalid input syntax for type integer: \"none\"",
                    ],
                    "SELECT reason, count(*), min(detail) FROM godwit.rejects GROUP BY reason ORDER BY reason"
                )
                try migration.expect(
                    [#"{"id": 7, "note": "n7", "amount": "7", "divisor": 0}"#],
                    "SELECT source_row FROM godwit.rejects WHERE source_key = 7"
                )
                try migration.expect(["3"], "SELECT count(*) FROM godwit.attempts")
            }
        }

        @Test func allRowsMayFail() async throws {
            try await Migration.with(
                source: Self.source("UPDATE thing SET divisor = 0"),
                target: Self.target,
                run: "shard_rows: 1500",
                entities: Self.entities()
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try self.expectExactly("true", migration)
            }
        }

        /// Values of personal columns are in the messages of input errors.
        @Test func messagesAreLeftOutWhereColumnsArePersonal() async throws {
            try await Migration.with(
                source: Self.source(Self.sparse),
                target: Self.target,
                entities: Self.entities(isPersonal: true)
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try self.expectExactly(Self.expectedBad, migration)
                try migration.expect(["0"], "SELECT count(*) FROM godwit.rejects WHERE detail LIKE '%none%'")
                try migration.expect([], "SELECT message FROM godwit.events WHERE message LIKE '%none%'")
                #expect(!migration.logs.contains("none"))
            }
        }

        /// Without PL/pgSQL the worker copies halves of the shard until it knows.
        @Test func theyAreFoundByHalvesWithoutALanguage() async throws {
            try await Migration.with(
                source: Self.source(Self.sparse) + "; DROP EXTENSION plpgsql",
                target: Self.target,
                run: "shard_rows: 1000",
                entities: Self.entities()
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try self.expectExactly(Self.expectedBad, migration)
            }
        }

        /// As output functions do: the source finds nothing by itself.
        @Test func theyAreFoundByHalvesWhereOnlyCopyFails() async throws {
            let amount = "CASE WHEN current_query() LIKE 'COPY%' THEN amount::integer ELSE id END"
            try await Migration.with(
                source: Self.source(Self.sparse),
                target: Self.target,
                run: "shard_rows: 1000",
                entities: Self.entities(amount: amount)
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try self.expectExactly(Self.expectedBad, migration)
            }
        }

        /// A filter that fails says neither that the row is filtered nor that it isn't.
        @Test func aFilterMayFailToo() async throws {
            try await Migration.with(
                source: Self.source(Self.sparse),
                target: Self.target,
                entities: Self.entities("  where: \"420 / divisor > 60\"", amount: "id")
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                let filtered = try #require(
                    try migration.value(.source, "SELECT count(*) FROM thing WHERE divisor = 7")
                )
                try migration.expect(
                    ["3000|11|\(filtered)"],
                    "SELECT sum(source_rows), sum(rejected), sum(filtered) FROM godwit.shards"
                )
                try migration.expect(["11"], "SELECT count(*) FROM godwit.rejects WHERE reason = 'source_error:22012'")
            }
        }

        @Test func queriesTellTheirRowsToo() async throws {
            try await Migration.with(
                source: Self.source(Self.sparse),
                target: Self.target,
                entities: """
                    things:
                      from: thing
                      query: "SELECT thing.id, 420 / divisor AS share, other.amount::integer AS amount FROM thing JOIN (SELECT id AS place, amount FROM thing) AS other ON place = id"
                      to: things
                      legacy: legacy_id
                      tag: 1
                    """
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try self.expectExactly(Self.expectedBad, migration)
            }
        }

        /// Children of such a row are orphans like those of any rejected row; a second pass leaves the row out as well.
        @Test func aSecondPassLeavesOutWhatTheFirstRejected() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, parent_id integer, divisor integer);
                    INSERT INTO thing SELECT n, 301 - n, 1 FROM generate_series(1, 300) AS n;
                    UPDATE thing SET divisor = 0 WHERE id IN (50, 270); ANALYZE
                    """,
                target:
                    "CREATE TABLE things (id uuid PRIMARY KEY, parent_id uuid REFERENCES things, legacy_id bigint UNIQUE)",
                entities: """
                    things:
                      from: thing
                      where: "1 / divisor = 1"
                      to: things
                      legacy: legacy_id
                      tag: 1
                      columns:
                        parent_id: { ref: things, by: parent_id, on_orphan: null }
                    """
            ) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expect(["298|296"], "SELECT count(*), count(parent_id) FROM things")
                try migration.expect(["50", "270"], "SELECT source_key FROM godwit.rejects ORDER BY 1")
                try migration.expect([], "SELECT id FROM godwit.shards WHERE state <> 'done'")
            }
        }

        /// Rows that are in the target may not be left out by the second pass: the shard is halved, loudly.
        @Test func aSecondPassThatFailsOnAMigratedRowIsHalved() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, parent_id integer, divisor integer);
                    INSERT INTO thing SELECT n, 301 - n, 1 FROM generate_series(1, 300) AS n;
                    UPDATE thing SET divisor = 0 WHERE id = 50; ANALYZE
                    """,
                target:
                    "CREATE TABLE things (id uuid PRIMARY KEY, parent_id uuid REFERENCES things, legacy_id bigint UNIQUE)",
                entities: """
                    things:
                      from: thing
                      to: things
                      legacy: legacy_id
                      tag: 1
                      columns:
                        parent_id: { ref: things, by: parent_id, when: "1 / divisor = 1", on_orphan: null }
                    """
            ) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 2, "\(migration.logs)")
                try migration.expect(["300|299"], "SELECT count(*), count(parent_id) FROM things")
                try migration.expect(
                    ["fill|50|51|22012"],
                    "SELECT kind, lower_key, upper_key, sql_state FROM godwit.shards WHERE state = 'failed'"
                )
            }
        }
    }
}
