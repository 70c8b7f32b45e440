import Testing

extension EndToEnd {
    /// What the plan says about rows that don't fit, and what becomes of them.
    @Suite struct PolicyTests {
        private static let parents = """
            CREATE TABLE parent (id integer PRIMARY KEY);
            INSERT INTO parent SELECT generate_series(1, 100);
            CREATE TABLE child (id integer PRIMARY KEY, parent_id integer, kind integer, body text);
            INSERT INTO child SELECT n, CASE WHEN n % 20 = 0 THEN 1000 + n WHEN n % 20 = 1 THEN NULL ELSE n % 100 + 1 END, n % 3, 'b' || n
              FROM generate_series(1, 400) AS n;
            ANALYZE
            """
        private static let target = """
            CREATE TABLE parents (id uuid PRIMARY KEY, legacy_id bigint UNIQUE);
            CREATE TABLE children (id uuid PRIMARY KEY, parent_id uuid REFERENCES parents, legacy_id bigint UNIQUE)
            """

        private static func entities(onOrphan: String) -> String {
            """
            parents: { from: parent, to: parents, legacy: legacy_id, tag: 1 }
            children:
              from: child
              to: children
              legacy: legacy_id
              tag: 2
              columns:
                parent_id: { ref: parents, by: parent_id, on_orphan: \(onOrphan) }
            """
        }

        @Test(arguments: [
            ("reject", "children|400|380|20|0", "20|0"),
            ("null", "children|400|400|0|0", "40|0"),
            ("{ placeholder: 7 }", "children|400|400|0|0", "20|20"),
        ])
        func orphansGoWhereThePlanSays(_ policy: String, _ totals: String, _ nullAndPlaceholder: String) async throws {
            try await Migration.with(
                source: Self.parents,
                target: Self.target,
                entities: Self.entities(onOrphan: policy)
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals([totals, "parents|100|100|0|0"])
                try migration.expect(
                    [nullAndPlaceholder],
                    """
                    SELECT count(*) FILTER (WHERE parent_id IS NULL),
                           count(*) FILTER (WHERE parent_id = godwit.uuid('parents', 7) AND legacy_id % 20 = 0) FROM children
                    """
                )
                try migration.expect(
                    [],
                    """
                    SELECT legacy_id FROM children WHERE legacy_id % 20 > 1
                       AND parent_id IS DISTINCT FROM godwit.uuid('parents', legacy_id % 100 + 1)
                    """
                )
            }
        }

        @Test func anOrphanThatMustNotBeFailsItsShard() async throws {
            try await Migration.with(
                source: Self.parents + "; UPDATE child SET parent_id = 1 WHERE parent_id > 1000 AND id <> 120",
                target: Self.target,
                entities: Self.entities(onOrphan: "fail")
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 2, "\(migration.logs)")
                try migration.expect(
                    ["t|t"],
                    """
                    SELECT bool_and(120 >= coalesce(lower_key, 120) AND 120 < coalesce(upper_key, 121)),
                           bool_and(message LIKE '%parent%1120%') FROM godwit.shards WHERE state = 'failed'
                    """
                )
                try migration.expect(["0"], "SELECT count(*) FROM children WHERE legacy_id = 120")
            }
        }

        @Test func conditionsOfReferencesChooseTheirTable() async throws {
            try await Migration.with(
                source: Self.parents
                    + "; CREATE TABLE person (id integer PRIMARY KEY); INSERT INTO person SELECT generate_series(1, 50)",
                target: """
                    CREATE TABLE parents (id uuid PRIMARY KEY, legacy_id bigint UNIQUE);
                    CREATE TABLE people (id uuid PRIMARY KEY, legacy_id bigint UNIQUE);
                    CREATE TABLE children (id uuid PRIMARY KEY, subject_id uuid, parent_id uuid, legacy_id bigint UNIQUE)
                    """,
                entities: """
                    parents: { from: parent, to: parents, legacy: legacy_id, tag: 1 }
                    people: { from: person, to: people, legacy: legacy_id, tag: 3 }
                    children:
                      from: child
                      to: children
                      legacy: legacy_id
                      tag: 2
                      where: "id > 20"
                      columns:
                        parent_id: { ref: parents, by: parent_id, when: "kind = 2", on_orphan: null }
                        subject_id:
                          ref:
                            - { to: parents, by: parent_id, when: "kind = 0" }
                            - { to: people, by: parent_id, when: "kind = 1" }
                          on_orphan: null
                    """
            ) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["children|400|380|0|20", "parents|100|100|0|0", "people|50|50|0|0"])
                try migration.expect(
                    ["0|0"],
                    """
                    WITH expected AS (
                        SELECT *, CASE WHEN legacy_id % 20 > 1 THEN legacy_id % 100 + 1 END AS key FROM children
                    )
                    SELECT count(*) FILTER (WHERE parent_id IS DISTINCT FROM
                               CASE WHEN legacy_id % 3 = 2 AND key IS NOT NULL THEN godwit.uuid('parents', key) END),
                           count(*) FILTER (WHERE subject_id IS DISTINCT FROM CASE
                               WHEN legacy_id % 3 = 0 AND key IS NOT NULL THEN godwit.uuid('parents', key)
                               WHEN legacy_id % 3 = 1 AND key <= 50 THEN godwit.uuid('people', key) END)
                      FROM expected
                    """
                )
            }
        }

        @Test func valuesAreMappedCheckedAndCut() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, status integer, title text, note text, code text);
                    INSERT INTO thing SELECT n, n % 5, CASE WHEN n % 10 = 0 THEN repeat('ü', 12) ELSE 't' END,
                        CASE WHEN n % 10 = 1 THEN 'far too long' ELSE 'ok' END, CASE WHEN n % 50 = 2 THEN 'bad' ELSE 'AB12' END
                      FROM generate_series(1, 300) AS n;
                    UPDATE thing SET status = NULL WHERE id = 3; ANALYZE
                    """,
                target: """
                    CREATE TYPE status AS ENUM ('draft', 'sent', 'other');
                    CREATE TABLE things (id uuid PRIMARY KEY, status status, strict text, title varchar(10), note varchar(5),
                        code text, origin text, legacy_id bigint UNIQUE)
                    """,
                entities: """
                    things:
                      from: thing
                      to: things
                      legacy: legacy_id
                      tag: 1
                      columns:
                        status: { from: status, map: { 0: draft, 1: sent, 2: ~ }, else: { value: other }, null: draft }
                        strict: { from: status, map: { 0: a, 1: b, 2: c, 3: d }, else: null }
                        title: { from: title, too_long: truncate }
                        note: note
                        origin: { value: "it's legacy" }
                      checks:
                        - { name: code_format, sql: "code ~ '^[A-Z]{2}[0-9]{2}$'" }
                    """
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|300|264|36|0"])
                try migration.expect(
                    ["check:code_format|~|6", "too_long|note|30"],
                    "SELECT reason, column_name, count(*) FROM godwit.rejects GROUP BY 1, 2 ORDER BY 1"
                )
                try migration.expect(
                    [],
                    """
                    SELECT legacy_id FROM things WHERE origin <> 'it''s legacy'
                        OR title <> CASE WHEN legacy_id % 10 = 0 THEN repeat('ü', 10) ELSE 't' END
                        OR status IS DISTINCT FROM CASE WHEN legacy_id = 3 THEN 'draft'
                           ELSE (ARRAY['draft', 'sent', NULL, 'other', 'other'])[legacy_id % 5 + 1] END::status
                        OR strict IS DISTINCT FROM CASE WHEN legacy_id <> 3
                           THEN (ARRAY['a', 'b', 'c', 'd', NULL])[legacy_id % 5 + 1] END
                    """
                )
                try migration.expect(
                    ["t"],
                    "SELECT sum((adjusted ->> 'title:truncated')::int) = 30 - 0 FROM godwit.shards"
                )
            }
        }

        @Test func documentsAreKeptRepairedWrappedOrRefused() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, doc text);
                    INSERT INTO thing SELECT n, CASE n % 5 WHEN 0 THEN '{"a": ' || n || '}' WHEN 1 THEN '{''a'': None, ''b'': True}'
                        WHEN 2 THEN '{"a": ' WHEN 3 THEN '"\\u0000"' ELSE '' END FROM generate_series(1, 250) AS n; ANALYZE
                    """,
                target: """
                    CREATE TABLE things (id uuid PRIMARY KEY, nulled jsonb, repaired jsonb, wrapped jsonb, legacy_id bigint UNIQUE);
                    CREATE TABLE strict_things (id uuid PRIMARY KEY, doc jsonb, legacy_id bigint UNIQUE)
                    """,
                entities: """
                    things:
                      from: thing
                      to: things
                      legacy: legacy_id
                      tag: 1
                      columns:
                        nulled: { json: doc, on_invalid: null }
                        repaired: { json: doc, on_invalid: repair }
                        wrapped: { json: doc, on_invalid: wrap }
                      checks: [ { name: repairable, sql: "id % 5 IN (0, 1)" } ]
                    strict:
                      from: thing
                      to: strict_things
                      legacy: legacy_id
                      tag: 2
                      columns: { doc: { json: doc } }
                    """
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["strict|250|50|200|0", "things|250|100|150|0"])
                try migration.expect(
                    ["invalid_json|200"],
                    "SELECT reason, count(*) FROM godwit.rejects WHERE entity = 'strict' GROUP BY 1"
                )
                try migration.expect(
                    ["50|50|50"],
                    """
                    SELECT count(*) FILTER (WHERE nulled IS NULL),
                           count(*) FILTER (WHERE repaired = '{"a": null, "b": true}'),
                           count(*) FILTER (WHERE wrapped IS NOT NULL AND wrapped::text LIKE '%None%')
                      FROM things WHERE legacy_id % 5 = 1
                    """
                )
            }
        }
    }
}
