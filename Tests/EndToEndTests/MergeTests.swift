import ControlStore
import Foundation
import Testing

extension EndToEnd {
    /// Finished shards that are worked on once more.
    @Suite struct MergeTests {
        private static let source = """
            CREATE TABLE office (id integer PRIMARY KEY, name text);
            CREATE TABLE thing (id integer PRIMARY KEY, amount numeric, office_id integer, note text, doc json, next_id integer);
            INSERT INTO office SELECT n, 'o' || n FROM generate_series(1, 20) AS n;
            INSERT INTO thing SELECT n, n, n % 20 + 1, 'n' || n, '{"a": 1}', n % 500 + 1 FROM generate_series(1, 500) AS n;
            UPDATE thing SET office_id = 99 WHERE id IN (7, 8); ANALYZE
            """
        private static let target = """
            CREATE TABLE offices (id uuid PRIMARY KEY, name text, legacy_id bigint UNIQUE);
            CREATE TABLE things (id uuid PRIMARY KEY, amount numeric CHECK (amount >= 0), office_id uuid REFERENCES offices,
                note text, doc json, next_id uuid REFERENCES things, extra text DEFAULT 'mine', legacy_id bigint UNIQUE)
            """
        private static let entities = """
            offices: { from: office, to: offices, legacy: legacy_id, tag: 1 }
            things:
              from: thing
              to: things
              legacy: legacy_id
              tag: 2
              columns:
                office_id: { ref: offices, by: office_id }
                next_id: { ref: things, by: next_id, on_orphan: null }
                doc: { json: doc }
                extra: { default: true }
            """

        /// What is missing comes, what differs is put right, nothing is deleted or doubled, strangers are left alone.
        @Test func aForcedRetryMergesAndDoublesNothing() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                #expect(await (try migration.migrate()) == 0, "\(migration.logs)")
                try migration.expectTotals(["offices|20|20|0|0", "things|500|498|2|0"])
                try Self.change(migration)
                let refused = try migration.start(["retry", "--entity", "things", "--keys", "1-120", "--no-run"])
                #expect(await refused.exitStatus() == 0)
                #expect(refused.log.contains("nothing to retry"), "\(refused.log)")
                let retry = try migration.start([
                    "retry", "--entity", "things", "--keys", "1-120", "--force", "--workers", "1",
                ])
                // Read under a second snapshot, and that is said.
                #expect(await retry.exitStatus() == 2, "\(retry.log)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["offices|20|20|0|0", "things|500|498|2|0"])
                try Self.expectMerged(migration)
                let again = try migration.start(["retry", "--entity", "things", "--force", "--workers", "1"])
                #expect(await again.exitStatus() == 2, "\(again.log)")
                try migration.expectSumsToAgree()
                // Beyond the key 200 nothing was merged before: the row of another has the UUID of 350.
                try migration.expectTotals(["offices|20|20|0|0", "things|500|497|3|0"])
                try migration.expect(
                    ["7|orphan", "9|refused:23514", "350|refused:23505"],
                    "SELECT source_key, reason FROM godwit.rejects WHERE resolved_by IS NULL ORDER BY source_key"
                )
                try migration.expect(
                    ["stranger|~"],
                    "SELECT note, legacy_id FROM things WHERE id = godwit.uuid('things', 350)"
                )
                try migration.expect(["500|0"], "SELECT count(*), count(*) - count(DISTINCT id) FROM things")
            }
        }

        private static func change(_ migration: Migration) throws {
            try migration.execute(
                .target,
                """
                SET search_path TO public;
                ALTER TABLE things DISABLE TRIGGER ALL;
                DELETE FROM things WHERE legacy_id IN (10, 11, 350);
                INSERT INTO things (id, note) VALUES (godwit.uuid('things', 350), 'stranger');
                INSERT INTO things (id, note) VALUES (gen_random_uuid(), 'the new application''s');
                ALTER TABLE things ENABLE TRIGGER ALL;
                UPDATE things SET note = 'changed', doc = '{"a": 2}' WHERE legacy_id IN (12, 13);
                UPDATE things SET extra = 'kept' WHERE legacy_id = 14;
                CREATE TABLE versions AS SELECT legacy_id, xmin::text AS version FROM things
                """
            )
            // 8 has a parent now, 9 is no longer what the target takes, 15 has changed.
            try migration.execute(
                .source,
                """
                UPDATE thing SET office_id = 3 WHERE id = 8;
                UPDATE thing SET amount = -1 WHERE id = 9;
                UPDATE thing SET note = 'newer' WHERE id = 15
                """
            )
        }

        private static func expectMerged(_ migration: Migration) throws {
            try migration.expect(
                ["7|orphan", "9|refused:23514"],
                "SELECT source_key, reason FROM godwit.rejects WHERE resolved_by IS NULL ORDER BY source_key"
            )
            try migration.expect(
                ["8|n8", "9|n9", "10|n10", "11|n11", "12|n12", "13|n13", "14|n14", "15|newer"],
                "SELECT legacy_id, note FROM things WHERE legacy_id BETWEEN 7 AND 15 ORDER BY 1"
            )
            // Equal rows were not touched at all; a default of the target's is the target's.
            try migration.expect(
                ["8", "10", "11", "12", "13", "15"],
                """
                SELECT things.legacy_id FROM things LEFT JOIN versions USING (legacy_id)
                 WHERE things.legacy_id <= 100 AND things.xmin::text IS DISTINCT FROM version ORDER BY 1
                """
            )
            try migration.expect(["kept"], "SELECT extra FROM things WHERE legacy_id = 14")
            try migration.expect(
                ["0"],
                """
                SELECT count(*) FROM things WHERE legacy_id IS NOT NULL
                   AND next_id IS DISTINCT FROM CASE WHEN legacy_id = 6 THEN NULL
                       ELSE godwit.uuid('things', legacy_id % 500 + 1) END
                """
            )
            try migration.expect(["1"], "SELECT count(*) FROM things WHERE note = 'the new application''s'")
        }

        /// Each reject says what became of its row, and what the merge itself rejected comes with its replay.
        @Test func aMergeSettlesRejectsTruthfullyAndItsOwnAreReplayed() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, amount numeric, kind text);
                    INSERT INTO thing SELECT n, CASE WHEN n <= 4 THEN -1 ELSE n END, 'new' FROM generate_series(1, 20) AS n;
                    ANALYZE
                    """,
                target: """
                    CREATE TABLE things (id uuid PRIMARY KEY, amount numeric CHECK (amount >= 0), legacy_id bigint UNIQUE)
                    """,
                entities: "things: { from: thing, to: things, legacy: legacy_id, tag: 1, where: \"kind <> 'old'\" }"
            ) { migration in
                #expect(await (try migration.migrate()) == 0, "\(migration.logs)")
                try migration.expectTotals(["things|20|16|4|0"])
                try migration.execute(
                    .source,
                    """
                    DELETE FROM thing WHERE id = 1;
                    UPDATE thing SET kind = 'old' WHERE id = 2;
                    UPDATE thing SET amount = 3 WHERE id = 3;
                    UPDATE thing SET amount = -amount WHERE id IN (10, 11)
                    """
                )
                let merge = try migration.start(["retry", "--entity", "things", "--force", "--workers", "1"])
                // The only shard there is, so one snapshot.
                #expect(await merge.exitStatus() == 0, "\(merge.log)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|19|15|3|1"])
                try migration.expect(
                    ["1|gone|f", "2|filtered|f", "3|migrated|f", "4|superseded|f", "4|~|f", "10|~|t", "11|~|t"],
                    "SELECT source_key, resolution, is_kept FROM godwit.rejects ORDER BY source_key, id"
                )
                try migration.execute(
                    .source,
                    "UPDATE thing SET amount = 4 WHERE id = 4; UPDATE thing SET amount = 100 WHERE id = 10"
                )
                let replay = try migration.start(["rejects", "replay", "--all", "--workers", "1"])
                #expect(await replay.exitStatus() == 2, "\(replay.log)")
                #expect(replay.log.contains("replayed: 2 migrated, 1 rejected as before"), "\(replay.log)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|19|17|1|1"])
                try migration.expect(
                    ["3|3", "4|4", "10|100", "11|11"],
                    "SELECT legacy_id, amount FROM things WHERE legacy_id <= 4 OR legacy_id IN (10, 11) ORDER BY 1"
                )
                // A merge of all of it once more counts nothing twice.
                let again = try migration.start(["retry", "--entity", "things", "--force", "--workers", "1"])
                #expect(await again.exitStatus() == 2, "\(again.log)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|19|17|1|1"])
                try migration.expect(
                    ["11|refused:23514|t"],
                    "SELECT source_key, reason, is_kept FROM godwit.rejects WHERE resolved_at IS NULL"
                )
            }
        }

        /// Values move both ways along chains of rows, over batches, and into a row that a duplicate kept out before.
        @Test func aUniqueValueMovesBetweenRowsOfAShard() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, email text);
                    INSERT INTO thing SELECT n, 'e' || CASE n WHEN 77 THEN 1 ELSE n END FROM generate_series(1, 100) AS n;
                    ANALYZE
                    """,
                target: "CREATE TABLE things (id uuid PRIMARY KEY, email text UNIQUE, legacy_id bigint UNIQUE)",
                run: "shard_rows: 1000\nbatch_rows: 10",
                entities: "things: { from: thing, to: things, legacy: legacy_id, tag: 1 }"
            ) { migration in
                #expect(await (try migration.migrate()) == 0, "\(migration.logs)")
                try migration.expectTotals(["things|100|99|1|0"])
                // 90 takes the value of another for good: it is refused however often it is tried.
                try migration.execute(
                    .source,
                    """
                    UPDATE thing SET email = 'new' WHERE id = 1;
                    UPDATE thing SET email = CASE id WHEN 15 THEN 'free' ELSE 'e' || id + 1 END WHERE id BETWEEN 5 AND 15;
                    UPDATE thing SET email = CASE id WHEN 20 THEN 'clear' ELSE 'e' || id - 1 END WHERE id BETWEEN 20 AND 35;
                    UPDATE thing SET email = 'e50' WHERE id = 90
                    """
                )
                let merge = try migration.start(["retry", "--entity", "things", "--force", "--workers", "1"])
                #expect(await merge.exitStatus() == 0, "\(merge.log)")
                try migration.expectSumsToAgree()
                try migration.expect(
                    ["90|refused:23505|t"],
                    "SELECT source_key, reason, is_kept FROM godwit.rejects WHERE resolved_at IS NULL"
                )
                try migration.expect(
                    ["1|new", "5|e6", "14|e15", "15|free", "20|clear", "21|e20", "35|e34", "77|e1", "90|e90"],
                    """
                    SELECT legacy_id, email FROM things
                     WHERE legacy_id IN (1, 5, 14, 15, 20, 21, 35, 77, 90) ORDER BY legacy_id
                    """
                )
                try migration.expect(["100|100"], "SELECT count(*), count(DISTINCT email) FROM things")
                try migration.expectTotals(["things|100|99|1|0"])
            }
        }

        @Test func aFinishedShardIsRefusedWithoutForce() async throws {
            try await Migration.with(
                source: "CREATE TABLE thing (id integer PRIMARY KEY); INSERT INTO thing VALUES (1); ANALYZE",
                target: "CREATE TABLE things (id uuid, legacy_id bigint)",
                entities: "things: { from: thing, to: things, legacy: legacy_id, tag: 1 }"
            ) { migration in
                #expect(await (try migration.migrate()) == 0, "\(migration.logs)")
                let shard = try #require(try migration.value(.target, "SELECT 's' || id FROM godwit.shards"))
                for (arguments, status, text) in [
                    ([shard], Int32(1), "\(shard) is done (--force merges its rows once more); nothing was retried"),
                    ([shard, "s999999"], 64, "no shard s999999; nothing was retried"),
                    ([shard, "--force"], 1, "things\" has no unique key"),
                    ([shard, "--failed"], 64, "give either shard ids"), (["s2-s1"], 64, "s2-s1"),
                    (["--keys", "1-2"], 64, "--keys needs --entity"), (["--failed"], 0, "nothing to retry"),
                ] {
                    let retry = try migration.start(["retry", "--no-run"] + arguments)
                    #expect(await retry.exitStatus() == status, "\(arguments): \(retry.log)")
                    #expect(retry.log.contains(text), "\(retry.log)")
                }
                try migration.expect(["done|f"], "SELECT state, merges FROM godwit.shards")
                try migration.expect(["completed"], "SELECT status FROM godwit.migration_runs")
            }
        }
    }
}
