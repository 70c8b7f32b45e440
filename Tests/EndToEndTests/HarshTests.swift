import ControlStore
import Glibc
import Postgres
import PostgresFixture
import Testing

extension EndToEnd {
    /// Stopped processes, servers that restart, tables that are odd.
    @Suite struct HarshTests {
        /// Nothing but the fence keeps a row from arriving twice.
        private static let target = "CREATE TABLE things (id uuid, label text, legacy_id bigint)"
        private static let holder =
            "SELECT worker FROM godwit.shards WHERE lower_key <= 250 AND upper_key > 250 AND state = 'leased'"

        /// A worker that stood still for longer than its lease wakes up and finds its shard taken.
        @Test func aStoppedWorkersRowsDoNotComeTwice() async throws {
            try await Things.migration(target: Self.target) { migration in
                try migration.execute(.source, HeldRow.hold)
                let coordinator = try migration.startCoordinator()
                let workers = ["one": try migration.startWorker("one"), "two": try migration.startWorker("two")]
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                let name = try #require(try migration.value(.target, Self.holder))
                let stopped = try #require(workers[name])
                stopped.signal(SIGSTOP)
                try migration.execute(.source, HeldRow.letGo)
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.attempts WHERE outcome = 'expired')")
                stopped.signal(SIGCONT)
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|500|500|0|0"])
                try migration.expect(["500|500"], "SELECT count(*), count(DISTINCT legacy_id) FROM things")
            }
        }

        /// All holders of the snapshot gone: another one is taken, and the run says that it is mixed.
        @Test func aRunThatLostItsSnapshotEndsAndSaysSo() async throws {
            try await Things.migration(target: Self.target) { migration in
                try migration.execute(.source, HeldRow.hold)
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try migration.startWorker("two")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                try migration.execute(
                    .source,
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid();
                    \(HeldRow.letGo)
                    """
                )
                #expect(await coordinator.exitStatus() == 2, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|500|500|0|0"])
                try migration.expect(["t|2"], "SELECT is_mixed, snapshot_number FROM godwit.migration_runs")
            }
        }

        @Test func aCoordinatorWhoseSessionIsEndedCanBeStartedAgain() async throws {
            try await Things.migration(target: Self.target) { migration in
                try migration.execute(.source, HeldRow.hold)
                let first = try migration.startCoordinator()
                try migration.startWorker("one")
                try migration.startWorker("two")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                try migration.execute(
                    .target,
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name = 'godwit coordinator'
                    """
                )
                // It may go on under a new term or leave; either way the run must come to its end.
                try migration.execute(.source, HeldRow.letGo)
                var last = await first.exitStatus()
                if last != 0 {
                    #expect(last == 69, "\(first.log)")
                    last = await (try migration.startCoordinator()).exitStatus()
                }
                #expect(last == 0, "\(migration.logs)")
                try migration.expectTotals(["things|500|500|0|0"])
                try migration.expect(["f"], "SELECT is_mixed FROM godwit.migration_runs")
            }
        }

        @Test func aShardIsRetriedUnderALivingCoordinator() async throws {
            try await Migration.with(
                source: Things.source
                    + "; CREATE TABLE child (id integer PRIMARY KEY); INSERT INTO child SELECT generate_series(1, 300)",
                target: Self.target
                    + """
                    ; CREATE TABLE children (id uuid PRIMARY KEY, legacy_id bigint);
                    CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN IF NEW.legacy_id = 77 THEN RAISE 'broken' USING ERRCODE = 'XX000'; END IF; RETURN NEW; END $$;
                    CREATE TRIGGER broken BEFORE INSERT ON children FOR EACH ROW EXECUTE FUNCTION break()
                    """,
                entities: """
                    things: { from: thing, to: things, legacy: legacy_id, tag: 1, columns: { label: { sql: "held(id)" } } }
                    children: { from: child, to: children, legacy: legacy_id, tag: 2, triggers: keep }
                    """
            ) { migration in
                try migration.execute(.source, HeldRow.hold)
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try migration.startWorker("two")
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.shards WHERE state = 'failed')")
                try migration.execute(.target, "DROP TRIGGER broken ON children")
                let retried = try await migration.store.retry(.failed, in: migration.run)
                #expect(retried.count == 1)
                try await migration.wait(
                    until: "(SELECT bool_and(state IN ('done', 'split')) FROM godwit.shards WHERE entity = 'children')"
                )
                try migration.execute(.source, HeldRow.letGo)
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["children|300|300|0|0", "things|500|500|0|0"])
            }
        }

        /// A BEFORE trigger that returns NULL leaves a row out without an error.
        @Test(arguments: [false, true])
        func rowsThatATriggerLeavesOutAreRejects(_ withOthers: Bool) async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, amount integer);
                    INSERT INTO thing SELECT n, n FROM generate_series(1, 300) AS n;
                    \(withOthers ? "UPDATE thing SET amount = -1 WHERE id % 30 = 0;" : "") ANALYZE
                    """,
                target: """
                    CREATE TABLE things (id uuid PRIMARY KEY, amount integer CHECK (amount > 0), legacy_id bigint UNIQUE);
                    CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS
                        'BEGIN IF NEW.legacy_id % 50 = 7 THEN RETURN NULL; END IF; RETURN NEW; END';
                    CREATE TRIGGER leave_out BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION leave_out()
                    """,
                entities: "things: { from: thing, to: things, legacy: legacy_id, tag: 1, triggers: keep }"
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals([withOthers ? "things|300|284|16|0" : "things|300|294|6|0"])
                try migration.expect([withOthers ? "284" : "294"], "SELECT count(*) FROM things")
                try migration.expect(
                    ["6"],
                    "SELECT count(*) FROM godwit.rejects WHERE reason = 'refused:02000' AND source_key % 50 = 7"
                )
            }
        }

        @Test func emptyAndPartitionedTablesMigrate() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE nothing (id integer PRIMARY KEY);
                    CREATE TABLE event (id integer, nothing_id integer, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
                    CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
                    CREATE TABLE event_2 PARTITION OF event DEFAULT;
                    INSERT INTO event SELECT n, n, date '2024-06-01' + n FROM generate_series(1, 400) AS n; ANALYZE
                    """,
                target: """
                    CREATE TABLE nothings (id uuid PRIMARY KEY, legacy_id bigint UNIQUE);
                    CREATE TABLE events (id uuid PRIMARY KEY, nothing_id uuid REFERENCES nothings, at date, legacy_id bigint UNIQUE)
                    """,
                entities: """
                    nothings: { from: nothing, to: nothings, legacy: legacy_id, tag: 1 }
                    events:
                      from: event
                      to: events
                      legacy: legacy_id
                      tag: 2
                      columns: { nothing_id: { ref: nothings, by: nothing_id, on_orphan: null } }
                    """
            ) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["events|400|400|0|0", "nothings|0|0|0|0"])
                try migration.expect(["400|0"], "SELECT count(*), count(nothing_id) FROM events")
            }
        }

        /// As many rows as the base table has, and yet one key is there twice and another not at all.
        @Test func aQueryThatTakesOneKeyForAnotherFailsItsShard() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE jaw (id integer PRIMARY KEY);
                    INSERT INTO jaw SELECT generate_series(1, 300); ANALYZE
                    """,
                target: "CREATE TABLE jaws (id uuid, legacy_id bigint)",
                run: "shard_rows: 1000\nvalidation: { pre: false }",
                strategy: "v4",
                entities: """
                    jaws:
                      from: jaw
                      query: "SELECT CASE WHEN id = 300 THEN 299 ELSE id END AS id FROM jaw"
                      to: jaws
                      legacy: legacy_id
                    """
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 2, "\(migration.logs)")
                // The key that is there twice and the one that is missing are found; the others arrive.
                try migration.expect(
                    ["299|300|t", "300|~|f"],
                    """
                    SELECT lower_key, upper_key, message LIKE '%yields the key 299 more than once%'
                      FROM godwit.shards WHERE state = 'failed' ORDER BY id
                    """
                )
                try migration.expect(["298"], "SELECT count(*) FROM jaws")
            }
        }
    }
}
