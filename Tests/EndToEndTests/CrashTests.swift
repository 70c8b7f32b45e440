import Postgres
import Testing

extension EndToEnd {
    /// Processes killed in mid-shard; what they held comes back by itself.
    @Suite struct CrashTests {
        /// A shard whose read waits for an advisory lock that the test holds: the row with key 250 asks for it.
        private static let source = """
            CREATE FUNCTION held(key bigint) RETURNS text LANGUAGE plpgsql AS $$
                BEGIN
                    IF key = 250 THEN
                        PERFORM pg_advisory_lock_shared(4711);
                        PERFORM pg_advisory_unlock_shared(4711);
                    END IF;
                    RETURN 'row ' || key;
                END $$;
            CREATE TABLE parent (id integer PRIMARY KEY);
            CREATE TABLE child (id integer PRIMARY KEY, parent_id integer, label text);
            INSERT INTO parent SELECT generate_series(1, 600);
            INSERT INTO child SELECT n, n % 600 + 1, 'c' FROM generate_series(1, 800) AS n;
            ANALYZE
            """
        private static let target = """
            CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TABLE parents (id uuid PRIMARY KEY, label text, legacy_id bigint UNIQUE);
            CREATE TABLE children (id uuid PRIMARY KEY, parent_id uuid REFERENCES parents, label text, legacy_id bigint);
            CREATE TRIGGER updated_at BEFORE INSERT ON parents FOR EACH ROW EXECUTE FUNCTION nothing()
            """
        private static let entities = """
            parents:
              from: parent
              to: parents
              legacy: legacy_id
              tag: 1
              triggers: suspend
              columns:
                label: { sql: "held(id)" }
            children:
              from: child
              to: children
              legacy: legacy_id
              tag: 2
              columns:
                parent_id: { ref: parents, by: parent_id }
            """
        /// The worker that waits for the lock, once its shard is leased and its COPY has begun.
        private static let blocked = """
            EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
            """

        private static let trigger = "SELECT tgenabled FROM pg_trigger WHERE tgname = 'updated_at'"

        private static func expectEverything(_ migration: Migration) throws {
            try migration.expectSumsToAgree()
            try migration.expectTotals(["children|800|800|0|0", "parents|600|600|0|0"])
            try migration.expect(["600|600"], "SELECT count(*), count(DISTINCT legacy_id) FROM parents")
            try migration.expect(["800|800"], "SELECT count(*), count(DISTINCT legacy_id) FROM children")
            try migration.expect(
                [],
                "SELECT legacy_id FROM children WHERE parent_id <> godwit.uuid('parents', legacy_id % 600 + 1)"
            )
            try migration.expect(["O"], Self.trigger)
        }

        @Test func aKilledWorkersShardIsDoneByTheOther() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                let holder = try migration.connect(.source)
                _ = try holder.query("SELECT pg_advisory_lock(4711)")
                let coordinator = try migration.startCoordinator()
                let workers = [
                    "one": try migration.startWorker("one"), "two": try migration.startWorker("two"),
                ]
                try await migration.wait(until: Self.blocked, on: .source)
                let name = try #require(
                    try migration.value(
                        .target,
                        """
                        SELECT worker FROM godwit.shards
                         WHERE entity = 'parents' AND state = 'leased' AND lower_key <= 250 AND upper_key > 250
                        """
                    )
                )
                await workers[name]?.kill()
                _ = try holder.query("SELECT pg_advisory_unlock(4711)")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Self.expectEverything(migration)
                try migration.expect(
                    ["t|expired", "f|done"],
                    """
                    SELECT a.worker = '\(name)', a.outcome FROM godwit.attempts AS a JOIN godwit.shards AS s ON a.shard_id = s.id
                     WHERE s.entity = 'parents' AND lower_key <= 250 AND upper_key > 250 ORDER BY a.number
                    """
                )
            }
        }

        @Test func aRestartedCoordinatorGoesOnWithTheSameSnapshot() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                let holder = try migration.connect(.source)
                _ = try holder.query("SELECT pg_advisory_lock(4711)")
                let first = try migration.startCoordinator()
                try migration.startWorker("one")
                try migration.startWorker("two")
                try await migration.wait(until: Self.blocked, on: .source)
                await first.kill()
                try migration.expect(["D"], Self.trigger)
                // Rows that came after the snapshot show whether it is still the same one.
                try migration.execute(
                    .source,
                    "INSERT INTO child SELECT n, 1, 'late' FROM generate_series(801, 900) AS n"
                )
                let second = try migration.startCoordinator()
                try await migration.wait(until: "(SELECT pid FROM godwit.leadership) = \(second.identifier)")
                _ = try holder.query("SELECT pg_advisory_unlock(4711)")
                #expect(await second.exitStatus() == 0, "\(migration.logs)")
                try Self.expectEverything(migration)
                try migration.expect(["f|1"], "SELECT is_mixed, snapshot_number FROM godwit.migration_runs")
            }
        }

        @Test func truncatingASourceTableWaitsForTheRun() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                let holder = try migration.connect(.source)
                _ = try holder.query("SELECT pg_advisory_lock(4711)")
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(until: Self.blocked, on: .source)
                let refused = #expect(throws: (any Error).self) {
                    try migration.execute(.source, "SET lock_timeout = '200ms'; TRUNCATE child")
                }
                #expect("\(refused!)".contains("lock timeout"))
                _ = try holder.query("SELECT pg_advisory_unlock(4711)")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Self.expectEverything(migration)
            }
        }
    }
}
