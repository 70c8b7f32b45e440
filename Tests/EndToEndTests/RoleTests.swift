import ControlStore
import Foundation
import Testing

extension EndToEnd {
    /// Other roles, other encodings, other ways to start and to stop.
    @Suite struct RoleTests {
        private static let source = """
            \(HeldRow.function)
            CREATE TABLE thing (id integer PRIMARY KEY, friend_id integer, email text);
            INSERT INTO thing SELECT n, n % 510, 'e' || n % 400 FROM generate_series(1, 500) AS n; ANALYZE
            """
        private static let target = """
            CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TABLE things (id uuid PRIMARY KEY, label text, legacy_id bigint UNIQUE);
            CREATE TRIGGER updated_at BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION nothing()
            """
        private static let entities = """
            things: { from: thing, to: things, legacy: legacy_id, tag: 1, triggers: suspend, columns: { label: { sql: "held(id)" } } }
            """
        private static let trigger = "SELECT tgenabled FROM pg_trigger WHERE tgname = 'updated_at'"

        /// The source's role may read, the target's owns its schema; neither is a superuser.
        @Test func ordinaryRolesAreEnough() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                try migration.execute(
                    .source,
                    """
                    DO $$ BEGIN CREATE ROLE reader LOGIN; CREATE ROLE mover LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;
                    GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader
                    """
                )
                let database = try #require(try migration.value(.target, "SELECT current_database()"))
                try migration.execute(
                    .target,
                    "GRANT CREATE ON DATABASE \(database) TO mover; ALTER TABLE things OWNER TO mover; GRANT USAGE ON SCHEMA public TO mover"
                )
                try migration.logIn(source: "reader", target: "mover")
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectTotals(["things|500|500|0|0"])
                try migration.expect(["O"], Self.trigger)
            }
        }

        @Test func aSchemaThatChangesUnderTheRunStopsIt() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                try migration.execute(.source, HeldRow.hold)
                let first = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                try migration.execute(.target, "ALTER TABLE things RENAME label TO title")
                try migration.execute(.source, HeldRow.letGo)
                #expect(await first.exitStatus() == 1, "\(migration.logs)")
                try migration.expect(["O"], Self.trigger)
                try migration.execute(.target, "ALTER TABLE things RENAME title TO label")
                _ = try await migration.store.retry(.failed, in: migration.run)
                let second = try migration.startCoordinator()
                try migration.startWorker("two")
                // The snapshot went with the first run's processes.
                #expect(await second.exitStatus() == 2, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|500|500|0|0"])
                try migration.expect(["O"], Self.trigger)
            }
        }

        @Test func aCancelledRunLeavesItsTriggersOn() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                try migration.execute(.source, HeldRow.hold)
                let coordinator = try migration.startCoordinator()
                let worker = try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                try migration.expect(["D"], Self.trigger)
                try await migration.store.cancel(migration.run, reason: "wrong day")
                #expect(await coordinator.exitStatus() == 1, "\(migration.logs)")
                #expect(await worker.exitStatus() == 0, "\(migration.logs)")
                try migration.expect(["O"], Self.trigger)
                try migration.expect(["t"], "SELECT count(*) < 500 FROM things")
            }
        }

        @Test func oneCommandRunsEverythingAndReplacesAKilledWorker() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                try migration.execute(.source, HeldRow.hold)
                let migrate = try migration.start([
                    "migrate", "--plan", migration.planFile.path, "--workers", "1", "--slots", "1", "--progress", "off",
                ])
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                let worker = try #require(
                    try migration.value(.target, "SELECT pid FROM godwit.workers").flatMap { Int32($0) }
                )
                kill(worker, SIGKILL)
                // The lease of 30 seconds is cut short, as if they had passed.
                try migration.execute(
                    .target,
                    "UPDATE godwit.shards SET lease_until = clock_timestamp() - interval '1 s' WHERE state = 'leased'"
                )
                try migration.execute(.source, HeldRow.letGo)
                #expect(await migrate.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|500|500|0|0"])
                try migration.expect(["2"], "SELECT count(*) FROM godwit.workers")
            }
        }

        @Test(arguments: ["v4", "v7", "v5", "ordered"])
        func rowsOfOneTableReferToEachOther(_ strategy: String) async throws {
            try await Migration.with(
                source: Self.source,
                target:
                    "CREATE TABLE things (id uuid PRIMARY KEY, friend_id uuid REFERENCES things, legacy_id bigint UNIQUE)",
                run: "shard_rows: 60\nconnections: { source: 6, target: 6 }\nphase_barrier: true",
                strategy: strategy,
                entities: """
                    things:
                      from: thing
                      to: things
                      legacy: legacy_id
                      columns: { friend_id: { ref: things, by: friend_id, on_orphan: null } }
                    """
            ) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expect(
                    ["500|500"],
                    """
                    SELECT count(t.friend_id), count(*) FILTER (WHERE f.legacy_id = t.legacy_id)
                      FROM things AS t JOIN things AS f ON f.id = t.friend_id
                    """
                )
            }
        }

        /// Whoever lost the user's row has no profile, rather than a foreign key's refusal.
        @Test func aProfileWithoutItsUserIsAnOrphan() async throws {
            try await Migration.with(
                source: Self.source,
                target: """
                    CREATE TABLE users (id uuid PRIMARY KEY, email text UNIQUE);
                    CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES users, legacy_id bigint UNIQUE)
                    """,
                entities: """
                    users:
                      from: thing
                      to: users
                      tag: 1
                      columns: { email: email }
                      unique: [ { columns: [email], keep: lowest_key } ]
                    profiles: { from: thing, to: profiles, legacy: legacy_id, uuid: { same_as: users } }
                    """
            ) { migration in
                let status = try await migration.migrate(workers: 2)
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["profiles|500|400|100|0", "users|500|400|100|0"])
                try migration.expect(
                    ["profiles|orphan", "users|duplicate"],
                    "SELECT DISTINCT entity, reason FROM godwit.rejects ORDER BY 1"
                )
            }
        }

        @Test func valuesLargerThanABatchPass() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, body text, doc text);
                    INSERT INTO thing SELECT n, repeat('äöü' || n, 3000000), '["' || repeat('x', 5000000) || '"]' FROM generate_series(1, 3) AS n;
                    INSERT INTO thing SELECT n, 'small', '[]' FROM generate_series(4, 200) AS n; ANALYZE
                    """,
                target: "CREATE TABLE things (id uuid PRIMARY KEY, body text, doc jsonb, legacy_id bigint UNIQUE)",
                run: "shard_rows: 1000",
                entities:
                    "things: { from: thing, to: things, legacy: legacy_id, tag: 1, columns: { doc: { json: doc } } }"
            ) { migration in
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectTotals(["things|200|200|0|0"])
                let sent = try migration.rows(
                    .source,
                    "SELECT md5(string_agg(body || doc, ',' ORDER BY id)) FROM thing"
                )
                try migration.expect(
                    sent,
                    "SELECT md5(string_agg(body || doc::text, ',' ORDER BY legacy_id)) FROM things"
                )
            }
        }
    }
}
