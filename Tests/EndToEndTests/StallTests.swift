import Postgres
import Testing

extension EndToEnd {
    /// Statements of the coordinator that hang, while everybody else goes on.
    @Suite struct StallTests {
        private static let source = """
            CREATE TABLE thing (id integer PRIMARY KEY);
            CREATE TABLE part (id integer PRIMARY KEY, thing_id integer);
            INSERT INTO thing SELECT generate_series(1, 300);
            INSERT INTO part SELECT n, n % 300 + 1 FROM generate_series(1, 300) AS n; ANALYZE
            """
        private static let target = """
            CREATE TABLE things (id uuid PRIMARY KEY, legacy_id bigint UNIQUE);
            CREATE TABLE parts (id uuid PRIMARY KEY, thing_id uuid REFERENCES things, legacy_id bigint UNIQUE)
            """
        private static let entities = """
            things: { from: thing, to: things, legacy: legacy_id, tag: 1, triggers: keep }
            parts:
              from: part
              to: parts
              legacy: legacy_id
              tag: 2
              triggers: keep
              columns:
                thing_id: { ref: things, by: thing_id }
            """

        /// Whether a session of this name waits for a lock.
        private static func waits(_ name: String) -> String {
            """
            EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '\(name)' AND wait_event_type = 'Lock'
                       AND datname = current_database())
            """
        }

        @Test func anAnalysisThatHangsHoldsNobodyUp() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                let holder = try migration.connect(.target)
                // Rows may come, statistics not.
                try holder.execute("BEGIN; LOCK TABLE public.things IN SHARE UPDATE EXCLUSIVE MODE")
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(until: Self.waits("godwit analysis"))
                try await migration.wait(
                    until: "(SELECT bool_and(state = 'done') FROM godwit.shards WHERE entity = 'parts')"
                )
                try migration.expect(["running"], "SELECT status FROM godwit.migration_runs")
                try holder.execute("ROLLBACK")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["parts|300|300|0|0", "things|300|300|0|0"])
                try migration.expect(["complete|2"], "SELECT stage, count(*) FROM godwit.entities GROUP BY stage")
                try migration.expect(
                    ["300", "300"],
                    "SELECT reltuples FROM pg_class WHERE relname IN ('things', 'parts')"
                )
            }
        }

        @Test func aSourceThatDoesNotSayWhereToHalveAShardHoldsNobodyUp() async throws {
            let breaking = """
                ; CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        IF NEW.legacy_id = 150 THEN
                            PERFORM pg_advisory_lock_shared(4711);
                            PERFORM pg_advisory_unlock_shared(4711);
                            RAISE 'broken' USING ERRCODE = 'XX000';
                        END IF;
                        RETURN NEW;
                    END $$;
                CREATE TRIGGER broken BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION break()
                """
            try await Migration.with(
                source: Self.source,
                target: Self.target + breaking,
                entities: Self.entities
            ) { migration in
                try migration.execute(.target, "SELECT pg_advisory_lock(4711)")
                let coordinator = try migration.startCoordinator(lease: 30)
                try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking)
                // Whoever wants to read the table from now on stands behind somebody who wants it for himself.
                let queue = LockQueue(migration.parameters(of: .source))
                let queued = Task { try await queue.lock("public.thing") }
                try await migration.wait(until: Self.waits(LockQueue.name), on: .source)
                try migration.execute(.target, "SELECT pg_advisory_unlock(4711)")
                try await migration.wait(until: Self.waits("godwit median"), on: .source)
                // The worker is heard all the time.
                let seen = try #require(try migration.value(.target, "SELECT last_seen FROM godwit.workers"))
                try await migration.wait(
                    until: "(SELECT last_seen > '\(seen)'::timestamptz + interval '3 s' FROM godwit.workers)",
                    for: .seconds(20)
                )
                try migration.execute(
                    .source,
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = '\(LockQueue.name)'"
                )
                // It never had the table, so the median has waited all the while.
                #expect(try await queued.value == false)
                #expect(await coordinator.exitStatus() == 2, "\(migration.logs)")
                try migration.expect(
                    ["150|151"],
                    "SELECT lower_key, upper_key FROM godwit.shards WHERE state = 'failed'"
                )
            }
        }
    }
}

/// A session that wants a table for itself, on a thread of its own.
private actor LockQueue {
    static let name = "test queue"

    private nonisolated let executor = BlockingExecutor(label: "test.queue")
    private let parameters: ConnectionParameters

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(_ parameters: ConnectionParameters) {
        self.parameters = parameters
    }

    /// - Returns: Whether it got the table, for a moment.
    func lock(_ table: String) throws -> Bool {
        let connection = try Connection(self.parameters, role: .control, applicationName: Self.name)
        do {
            try connection.execute("BEGIN; LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE; ROLLBACK")
            return true
        } catch {
            return false
        }
    }
}
