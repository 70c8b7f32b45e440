import Testing

extension EndToEnd {
    /// Unique rules, cycles, and ids inside documents.
    @Suite struct StructureTests {
        /// A query that yields a key twice would migrate a row twice; the shard says so instead.
        @Test func aQueryThatDoublesAKeyFailsItsShard() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE jaw (id integer PRIMARY KEY);
                    CREATE TABLE instruction (id integer PRIMARY KEY, jaw_id integer);
                    INSERT INTO jaw SELECT generate_series(1, 300);
                    INSERT INTO instruction SELECT n, n FROM generate_series(1, 300) AS n;
                    CREATE FUNCTION late(key integer) RETURNS boolean LANGUAGE plpgsql STABLE AS
                        'BEGIN RETURN key <> 301 OR current_setting(''application_name'') LIKE ''gdw-source%''; END';
                    INSERT INTO instruction VALUES (301, 150); ANALYZE
                    """,
                target: "CREATE TABLE jaws (id uuid PRIMARY KEY, kind integer, legacy_id bigint)",
                entities: """
                    jaws:
                      from: jaw
                      query: "SELECT jaw.id, instruction.id AS kind FROM jaw JOIN instruction ON jaw_id = jaw.id WHERE late(instruction.id)"
                      to: jaws
                      legacy: legacy_id
                      tag: 1
                    """
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 2, "\(migration.logs)")
                try migration.expect(
                    ["copy|t|t"],
                    """
                    SELECT kind, 150 >= lower_key AND 150 < upper_key, message LIKE '%each key of the base table exactly once%'
                      FROM godwit.shards WHERE state = 'failed'
                    """
                )
                try migration.expect(["0"], "SELECT count(*) FROM jaws WHERE legacy_id = 150")
            }
        }

        @Test(arguments: [
            ("lowest_key", "SELECT min(id) AS id FROM person WHERE email IS NOT NULL GROUP BY lower(email)"),
            ("highest_key", "SELECT max(id) AS id FROM person WHERE email IS NOT NULL GROUP BY lower(email)"),
            (
                "{ newest: modified }",
                "SELECT DISTINCT ON (lower(email)) id FROM person WHERE email IS NOT NULL ORDER BY lower(email), modified DESC NULLS LAST, id"
            ),
        ])
        func oneOfEachDuplicateStays(_ keep: String, _ winners: String) async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE person (id integer PRIMARY KEY, email text, modified timestamptz);
                    INSERT INTO person SELECT n, CASE WHEN n % 2 = 0 THEN 'A' ELSE 'a' END || n % 150 || '@x', to_timestamp(n * 7919 % 1000)
                      FROM generate_series(1, 400) AS n;
                    UPDATE person SET email = NULL WHERE id % 40 = 0; ANALYZE
                    """,
                target: """
                    CREATE TABLE people (id uuid PRIMARY KEY, email text UNIQUE, legacy_id bigint UNIQUE);
                    CREATE TABLE notes (id uuid PRIMARY KEY, person_id uuid NOT NULL REFERENCES people, legacy_id bigint UNIQUE)
                    """,
                entities: """
                    people:
                      from: person
                      to: people
                      legacy: legacy_id
                      tag: 1
                      columns: { email: { sql: "lower(email)" } }
                      unique: [ { columns: [email], keep: \(keep) } ]
                    notes:
                      from: person
                      to: notes
                      legacy: legacy_id
                      tag: 2
                      columns: { person_id: { ref: people, by: id } }
                    """
            ) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                let expected = try migration.rows(
                    .source,
                    "SELECT id FROM (\(winners)) AS w UNION SELECT id FROM person WHERE email IS NULL ORDER BY 1"
                )
                try migration.expect(expected, "SELECT legacy_id FROM people ORDER BY legacy_id")
                // A loser is no parent.
                try migration.expect(expected, "SELECT legacy_id FROM notes ORDER BY legacy_id")
                try migration.expect(
                    ["notes|orphan", "people|duplicate"],
                    "SELECT DISTINCT entity, reason FROM godwit.rejects ORDER BY 1"
                )
            }
        }

        @Test func aCycleOfTwoTablesIsFilledInASecondPass() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE instruction (id integer PRIMARY KEY, upper_jaw_id integer, previous_id integer);
                    CREATE TABLE jaw (id integer PRIMARY KEY, instruction_id integer);
                    INSERT INTO instruction SELECT n, n + 1000, n - 1 FROM generate_series(1, 300) AS n;
                    INSERT INTO jaw SELECT n + 1000, n FROM generate_series(1, 320) AS n; ANALYZE
                    """,
                target: """
                    CREATE TABLE orders (id uuid PRIMARY KEY, upper_jaw_id uuid, previous_id uuid REFERENCES orders, legacy_id bigint UNIQUE);
                    CREATE TABLE jaws (id uuid PRIMARY KEY, order_id uuid NOT NULL REFERENCES orders, legacy_id bigint UNIQUE);
                    ALTER TABLE orders ADD FOREIGN KEY (upper_jaw_id) REFERENCES jaws
                    """,
                entities: """
                    orders:
                      from: instruction
                      to: orders
                      legacy: legacy_id
                      tag: 1
                      columns:
                        upper_jaw_id: { ref: jaws, by: upper_jaw_id, on_orphan: null }
                        previous_id: { ref: orders, by: previous_id, on_orphan: null }
                    jaws:
                      from: jaw
                      to: jaws
                      legacy: legacy_id
                      tag: 2
                      columns: { order_id: { ref: orders, by: instruction_id } }
                    """
            ) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["jaws|320|300|20|0", "orders|300|300|0|0"])
                try migration.expect(
                    ["300|299"],
                    """
                    SELECT count(*) FILTER (WHERE upper_jaw_id = godwit.uuid('jaws', legacy_id + 1000)),
                           count(*) FILTER (WHERE previous_id = godwit.uuid('orders', legacy_id - 1)) FROM orders
                    """
                )
            }
        }

        @Test func idsInsideDocumentsAreRewritten() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE cases (id integer PRIMARY KEY);
                    CREATE TABLE plan (id integer PRIMARY KEY, body text);
                    INSERT INTO cases SELECT generate_series(1, 50);
                    INSERT INTO plan SELECT n, format('{"n": 1.0, "stages": [{"case_id": %s}, {"case_id": %s, "x": "%s"}, {}]}', n % 50 + 1, n % 60 + 1, 'ü')
                      FROM generate_series(1, 200) AS n; ANALYZE
                    """,
                target: """
                    CREATE TABLE cases (id uuid PRIMARY KEY, legacy_id bigint UNIQUE);
                    CREATE TABLE plans (id uuid PRIMARY KEY, body jsonb, legacy_id bigint UNIQUE)
                    """,
                entities: """
                    cases: { from: cases, to: cases, legacy: legacy_id, tag: 1 }
                    plans:
                      from: plan
                      to: plans
                      legacy: legacy_id
                      tag: 2
                      columns:
                        body: { json: body, json_refs: [ { path: "stages[*].case_id", ref: cases, on_orphan: null } ] }
                    """
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectTotals(["cases|50|50|0|0", "plans|200|200|0|0"])
                try migration.expect(
                    [],
                    """
                    SELECT legacy_id, body FROM plans WHERE body IS DISTINCT FROM jsonb_build_object('n', 1.0, 'stages', jsonb_build_array(
                        jsonb_build_object('case_id', godwit.uuid('cases', legacy_id % 50 + 1)),
                        jsonb_build_object('case_id', CASE WHEN legacy_id % 60 < 50 THEN godwit.uuid('cases', legacy_id % 60 + 1) END, 'x', 'ü'),
                        '{}'::jsonb))
                    """
                )
            }
        }
    }
}
