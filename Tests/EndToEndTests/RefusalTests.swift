import Testing

extension EndToEnd {
    /// Rows the target does not take become rejects that say why; all others arrive.
    @Suite struct RefusalTests {
        private static func one(_ columns: String, _ more: String = "") -> String {
            """
            things:
              from: thing
              to: things
              legacy: legacy_id
              tag: 1
            \(more)
              columns:
            \(columns)
            """
        }

        /// The server names the line of the only bad row of a batch.
        @Test func oneBadRowOfABatchIsRejectedByItsLine() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, amount integer);
                    INSERT INTO thing SELECT n, n FROM generate_series(1, 300) AS n;
                    UPDATE thing SET amount = -1 WHERE id = 217; ANALYZE
                    """,
                target:
                    "CREATE TABLE things (id uuid PRIMARY KEY, amount integer CHECK (amount > 0), legacy_id bigint UNIQUE)",
                entities: Self.one("    amount: amount")
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|300|299|1|0"])
                try migration.expect(
                    ["217|refused:23514|{\"id\": 217, \"amount\": -1}|t"],
                    "SELECT source_key, reason, source_row, detail LIKE '%things_amount_check%' FROM godwit.rejects"
                )
            }
        }

        @Test func manyBadRowsOfManyKindsAreRejectedOneByOne() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, amount integer, color text, code text, owner_no integer);
                    INSERT INTO thing SELECT n, n, 'red', 'c' || n, n % 5 + 1 FROM generate_series(1, 400) AS n;
                    UPDATE thing SET amount = -1 WHERE id % 40 = 1;
                    UPDATE thing SET color = 'pink' WHERE id % 40 = 2;
                    UPDATE thing SET code = 'c10' WHERE id IN (13, 14, 15);
                    UPDATE thing SET owner_no = 99 WHERE id % 40 = 3;
                    UPDATE thing SET code = 'loud' WHERE id = 44;
                    ANALYZE
                    """,
                target: """
                    CREATE TYPE color AS ENUM ('red', 'blue');
                    CREATE TABLE owners (no integer PRIMARY KEY);
                    INSERT INTO owners SELECT generate_series(1, 5);
                    CREATE TABLE things (id uuid PRIMARY KEY, amount integer CHECK (amount > 0), color color,
                        code text UNIQUE, owner_no integer REFERENCES owners, legacy_id bigint UNIQUE);
                    CREATE FUNCTION complain() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN IF NEW.code = 'loud' THEN RAISE 'too loud'; END IF; RETURN NEW; END $$;
                    CREATE TRIGGER complain BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION complain()
                    """,
                entities: Self.one("    amount: amount", "  triggers: keep")
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|400|366|34|0"])
                try migration.expect(
                    [
                        "refused:23503|10", "refused:23505|3", "refused:23514|10", "refused:P0001|1",
                        "unmapped_value|10",
                    ],
                    "SELECT reason, count(*) FROM godwit.rejects GROUP BY 1 ORDER BY 1"
                )
                try migration.expect(
                    ["1|t", "2|t", "3|t"],
                    "SELECT source_key % 40, count(*) = 10 FROM godwit.rejects WHERE source_key % 40 IN (1, 2, 3) GROUP BY 1 ORDER BY 1"
                )
                try migration.expect(["366|366"], "SELECT count(*), count(DISTINCT legacy_id) FROM things")
                try migration.expect([], "SELECT legacy_id FROM things JOIN godwit.rejects ON source_key = legacy_id")
            }
        }

        /// PostgREST and its like answer with the state that a function makes up.
        @Test(arguments: [
            "CREATE TRIGGER odd BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION complain()",
            """
            CREATE CONSTRAINT TRIGGER odd AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION complain()
            """,
        ])
        func aStateThatATriggerMakesUpIsARefusal(_ trigger: String) async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, amount integer);
                    INSERT INTO thing SELECT n, n FROM generate_series(1, 300) AS n; ANALYZE
                    """,
                target: """
                    CREATE TABLE things (id uuid PRIMARY KEY, amount integer, legacy_id bigint UNIQUE);
                    CREATE FUNCTION complain() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN
                            IF NEW.amount % 100 = 0 THEN RAISE 'odd' USING ERRCODE = 'MY001'; END IF;
                            IF NEW.amount % 100 = 1 THEN RAISE 'conflict' USING ERRCODE = 'PT409'; END IF;
                            RETURN NEW;
                        END $$;
                    \(trigger)
                    """,
                entities: Self.one("    amount: amount", "  triggers: keep")
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|300|294|6|0"])
                try migration.expect(
                    ["refused:MY001|3", "refused:PT409|3"],
                    "SELECT reason, count(*) FROM godwit.rejects GROUP BY 1 ORDER BY 1"
                )
                try migration.expect(["0"], "SELECT count(*) FROM godwit.shards WHERE failed_attempts > 0")
            }
        }

        @Test func namesMayHoldAnything() async throws {
            try await Migration.with(
                source: #"""
                    CREATE TABLE "Odd, ""Table"" name" ("Id" integer PRIMARY KEY, "Some ""Value""" text, "end" integer);
                    INSERT INTO "Odd, ""Table"" name" SELECT n, 'v' || n, n FROM generate_series(1, 250) AS n; ANALYZE
                    """#,
                target: #"""
                    CREATE SCHEMA "New Schema";
                    CREATE TABLE "New Schema"."It's, a ""Table""" ("ID" uuid PRIMARY KEY, "Some ""Value""" text NOT NULL,
                        "user" integer CHECK ("user" <> 77), "Legacy Id" bigint UNIQUE)
                    """#,
                entities: #"""
                    odd-1:
                      from: 'Odd, "Table" name'
                      to: 'New Schema.It''s, a "Table"'
                      key: Id
                      id: ID
                      legacy: Legacy Id
                      tag: 1
                      columns:
                        user: end
                    """#
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectTotals(["odd-1|250|249|1|0"])
                try migration.expect(
                    ["249"],
                    #"""
                    SELECT count(*) FROM "New Schema"."It's, a ""Table""" WHERE "user" = "Legacy Id"
                       AND "Some ""Value""" = 'v' || "Legacy Id" AND "ID" = godwit.uuid('odd-1', "Legacy Id")
                    """#
                )
            }
        }

        @Test func aTableWithoutUUIDsTakesItsRows() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE tag (id integer PRIMARY KEY);
                    CREATE TABLE tagging (id integer PRIMARY KEY, tag_id integer, item integer);
                    INSERT INTO tag SELECT generate_series(1, 50);
                    INSERT INTO tagging SELECT n, n % 60, n FROM generate_series(1, 240) AS n; ANALYZE
                    """,
                target: """
                    CREATE TABLE tags (id uuid PRIMARY KEY, legacy_id bigint UNIQUE);
                    CREATE TABLE taggings (tag_id uuid REFERENCES tags, item integer, PRIMARY KEY (tag_id, item))
                    """,
                entities: """
                    tags: { from: tag, to: tags, legacy: legacy_id, tag: 1 }
                    taggings: { from: tagging, to: taggings, id: false, columns: { tag_id: { ref: tags, by: tag_id } } }
                    """
            ) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["taggings|240|200|40|0", "tags|50|50|0|0"])
                try migration.expect(["orphan|40"], "SELECT reason, count(*) FROM godwit.rejects GROUP BY 1")
            }
        }

        @Test func keysMayBeNegativeZeroAndHighest() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id bigint PRIMARY KEY, next_id bigint);
                    INSERT INTO thing SELECT n, n + 1 FROM generate_series(-200, 200) AS n;
                    INSERT INTO thing VALUES (140737488355327, 0), (-140737488355328, 140737488355327); ANALYZE
                    """,
                target:
                    "CREATE TABLE things (id uuid PRIMARY KEY, next_id uuid REFERENCES things, legacy_id bigint UNIQUE)",
                entities: Self.one("    next_id: { ref: things, by: next_id, on_orphan: null }")
            ) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectTotals(["things|403|403|0|0"])
                try migration.expect(
                    ["403|402|402"],
                    """
                    SELECT count(DISTINCT t.id), count(t.next_id),
                           count(*) FILTER (WHERE n.legacy_id = t.legacy_id + 1 OR abs(t.legacy_id) > 1000)
                      FROM things AS t LEFT JOIN things AS n ON n.id = t.next_id
                    """
                )
                try migration.expect(
                    ["-200|-140737488355328|140737488355327"],
                    """
                    SELECT min(legacy_id) FILTER (WHERE godwit.legacy('things', id) = legacy_id AND legacy_id > -1000),
                           min(godwit.legacy('things', id)), max(godwit.legacy('things', id)) FROM things
                    """
                )
            }
        }
    }
}
