import ControlStore
import FoundationEssentials
import Testing

extension EndToEnd {
    /// Too many failing rows pause the run until somebody has looked at them.
    @Suite struct CircuitBreakerTests {
        private static let source = """
            CREATE FUNCTION held(key bigint) RETURNS bigint LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_advisory_lock_shared(4711);
                    PERFORM pg_advisory_unlock_shared(4711);
                    RETURN key;
                END $$;
            CREATE TABLE thing (id integer PRIMARY KEY, divisor integer);
            CREATE TABLE slow (id integer PRIMARY KEY);
            INSERT INTO thing SELECT n, n % 10 FROM generate_series(1, 300) AS n;
            INSERT INTO slow SELECT generate_series(1, 500); ANALYZE
            """
        private static let target = """
            CREATE TABLE things (id uuid PRIMARY KEY, share integer, legacy_id bigint UNIQUE);
            CREATE TABLE slows (id uuid PRIMARY KEY, label bigint, legacy_id bigint UNIQUE)
            """
        private static let entities = """
            things: { from: thing, to: things, legacy: legacy_id, tag: 1, columns: { share: { sql: "420 / divisor" } } }
            slows: { from: slow, to: slows, legacy: legacy_id, tag: 2, columns: { label: { sql: "held(id)" } } }
            """

        /// A migration that the breaker has paused while the slow entity was held up, with its first coordinator and a worker.
        private static func paused(
            _ arguments: [String],
            _ body: (Migration, _ first: GodwitProcess) async throws -> Void
        ) async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                run: "shard_rows: 100\ncircuit_breaker: { error_rate: 5%, min_rows: 200 }",
                entities: Self.entities
            ) { migration in
                try migration.execute(.source, "SELECT pg_advisory_lock(4711)")
                let first = try migration.startCoordinator(arguments)
                try migration.startWorker("one", slots: 2)
                try await migration.wait(until: "(SELECT status = 'paused' FROM godwit.migration_runs)")
                try migration.execute(.source, "SELECT pg_advisory_unlock(4711)")
                try await body(migration, first)
            }
        }

        @Test func itSaysWhyAndAcceptsWhatWasResumed() async throws {
            try await Self.paused(["--leave-when-paused"]) { migration, first in
                #expect(await first.exitStatus() == 75, "\(migration.logs)")
                try migration.expect(
                    ["t|t|t|t"],
                    """
                    SELECT status_reason LIKE '%10.0 \\% of the rows of things%', status_reason LIKE '%more than 5.0 \\%%',
                           status_reason LIKE '%30 of 300 rows rejected%', status_reason LIKE '%godwit resume%'
                      FROM godwit.migration_runs
                    """
                )
                try migration.expect(
                    ["slows|0", "things|0.1"],
                    "SELECT name, accepted_error_rate FROM godwit.entities ORDER BY name"
                )
                try await Self.expectToStayPaused(migration)
                // Held up once more, for longer than the breaker takes to look.
                try migration.execute(.source, "SELECT pg_advisory_lock(4711)")
                try await migration.store.resume(migration.run)
                let second = try migration.startCoordinator()
                try migration.startWorker("two", slots: 2)
                try await migration.wait(
                    until:
                        "EXISTS (SELECT FROM godwit.shards WHERE state = 'leased' AND clock_timestamp() - leased_at > '2.5s')"
                )
                try migration.expect(["running"], "SELECT status FROM godwit.migration_runs")
                try migration.execute(.source, "SELECT pg_advisory_unlock(4711)")
                let status = await second.exitStatus()
                try migration.expectTotals(["slows|500|500|0|0", "things|300|270|30|0"])
                // Two snapshots; otherwise it is done.
                #expect(status == 2, "\(migration.logs)")
            }
        }

        /// A supervisor that starts what has ended resumes nothing, and whoever calls `migrate` hears at once what to do.
        private static func expectToStayPaused(_ migration: Migration) async throws {
            let commands = [
                ["coordinator", "--plan", migration.planFile.path],
                ["coordinator", "--run", "\(try migration.run)"],
                ["migrate", "--plan", migration.planFile.path, "--workers", "1"],
            ]
            for command in commands {
                let started = try migration.start(command)
                #expect(await started.exitStatus() == 75, "\(started.log)")
                #expect(started.log.contains("10.0 % of the rows of things"), "\(started.log)")
                #expect(started.log.contains("\ngodwit resume 1\n"), "\(started.log)")
            }
            try migration.expect(
                ["paused|circuit_breaker|1|1"],
                """
                SELECT status, pause_cause, snapshot_number,
                       (SELECT count(*) FROM godwit.events WHERE message LIKE 'paused: %')
                  FROM godwit.migration_runs
                """
            )
        }

        @Test func aStandbyThatIsStartedWaitsForTheCommandToo() async throws {
            try await Self.paused(["--standby"]) { migration, first in
                await first.kill()
                // Nobody led when it came, so it has taken nothing over: it was started.
                let second = try migration.startCoordinator(["--standby"])
                try await second.waitForLog("stays so until somebody calls godwit resume")
                try await migration.wait(
                    until: "EXISTS (SELECT FROM godwit.leadership WHERE pid = \(second.identifier))"
                )
                try migration.expect(
                    ["paused|circuit_breaker"],
                    "SELECT status, pause_cause FROM godwit.migration_runs"
                )
                let resume = try migration.start(["resume"])
                #expect(await resume.exitStatus() == 0, "\(resume.log)")
                #expect(resume.log.contains("goes on"), "\(resume.log)")
                // The worker has kept the snapshot.
                #expect(await second.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["slows|500|500|0|0", "things|300|270|30|0"])
            }
        }
    }
}
