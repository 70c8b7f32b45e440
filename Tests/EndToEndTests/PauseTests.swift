import Foundation
import Testing

extension EndToEnd {
    /// Runs that stand still until somebody has them go on.
    @Suite struct PauseTests {
        private static let source = """
            CREATE TABLE thing (id integer PRIMARY KEY, color text);
            INSERT INTO thing SELECT n, CASE WHEN n % 10 = 0 THEN 'secret' ELSE 'red' END FROM generate_series(1, 500) AS n;
            ANALYZE
            """
        private static let target =
            "CREATE TABLE things (id uuid PRIMARY KEY, color text, legacy_id bigint UNIQUE)"
        /// What the target does to the row 251 is no row's fault, so that its shard fails.
        private static let broken = """
            ; CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN IF NEW.legacy_id = 251 THEN RAISE 'broken by %', NEW.color USING ERRCODE = 'XX000'; END IF;
                      RETURN NEW; END $$;
            CREATE TRIGGER broken BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION break()
            """
        private static let entities = """
            things:
              from: thing
              to: things
              legacy: legacy_id
              tag: 1
              triggers: keep
              columns:
                color: { map: { red: r }, from: color, else: reject }
            """

        private static func lastLine(_ log: String) -> String? {
            log.split(separator: "\n").last.map(String.init)
        }

        @Test func aFailedShardPausesARunThatIsToldSoAndTheReportEndsWithTheNextCommand() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target + Self.broken,
                run: "shard_rows: 100\nerror_strategy: pause",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator(["--leave-when-paused"])
                try migration.startWorker("one")
                #expect(await coordinator.exitStatus() == 75, "\(migration.logs)")
                #expect(Self.lastLine(coordinator.log) == "godwit retry --failed --run 1", "\(coordinator.log)")
                #expect(coordinator.log.contains("docs/runbook.md#paused-after-a-failed-shard"))
                let status = try migration.start(["status"])
                #expect(await status.exitStatus() == 0)
                #expect(Self.lastLine(status.log) == "godwit retry --failed --run 1", "\(status.log)")
                try migration.expect(
                    ["error_strategy|1|XX000|godwit retry --failed --run 1|f"],
                    """
                    SELECT error_details->>'cause', error_details->>'failed_shards', error_details->'shards'->0->>'sql_state',
                           error_details->>'next', error_details::text LIKE '%broken%' OR error_details::text LIKE '%secret%'
                      FROM godwit.migration_runs
                    """
                )
                try migration.expect(
                    ["1|t"],
                    """
                    SELECT data ->> 'failed_shards', data ->> 'shards' LIKE 's% things fault XX000'
                      FROM godwit.events WHERE data ->> 'kind' = 'run-paused'
                    """
                )
                let again = try migration.startCoordinator()
                #expect(await again.exitStatus() == 75, "\(again.log)")
                #expect(Self.lastLine(again.log) == "godwit retry --failed --run 1", "\(again.log)")
                try migration.expect(["paused"], "SELECT status FROM godwit.migration_runs")
                try migration.execute(.target, "DROP TRIGGER broken ON things")
                // The command that the report ends with is one to go on.
                let retry = try migration.start(["retry", "--failed", "--run", "1", "--workers", "1"])
                // Under a second snapshot, and that is said.
                #expect(await retry.exitStatus() == 2, "\(retry.log)")
                try migration.expectTotals(["things|500|450|50|0"])
                try migration.expectSumsToAgree()
            }
        }

        @Test func theCoordinatorKeepsTheSnapshotWhileTheRunIsPaused() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target + Self.broken,
                run: "shard_rows: 100\nerror_strategy: pause",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try await coordinator.waitForLog("the run stands still until somebody acts")
                #expect(coordinator.log.contains("godwit retry --failed --run 1"), "\(coordinator.log)")
                try migration.execute(.target, "DROP TRIGGER broken ON things")
                let retry = try migration.start(["retry", "--failed"])
                #expect(await retry.exitStatus() == 0, "\(retry.log)")
                #expect(retry.log.contains("the coordinator goes on with them"), "\(retry.log)")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|500|450|50|0"])
                try migration.expect(["f|1"], "SELECT is_mixed, snapshot_number FROM godwit.migration_runs")
            }
        }

        /// Resuming accepts the rate: it does not trip again.
        @Test func theCircuitBreakerPausesAndResumesOnCommand() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                run: "shard_rows: 20\nparallelism: 1\ncircuit_breaker: { error_rate: 5%, min_rows: 20 }",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator(["--leave-when-paused"])
                try migration.startWorker("one")
                let status = await coordinator.exitStatus()
                // So small a run may be over before the figures are looked at for the first time.
                guard status == 75 else { return #expect(status == 0, "\(migration.logs)") }
                #expect(Self.lastLine(coordinator.log) == "godwit resume 1", "\(coordinator.log)")
                try migration.expect(["circuit_breaker"], "SELECT pause_cause FROM godwit.migration_runs")
                let resume = try migration.start(["resume", "1", "--workers", "1"])
                #expect([0, 2].contains(await resume.exitStatus()), "\(resume.log)")
                try migration.expectTotals(["things|500|450|50|0"])
                try migration.expect(
                    ["1"],
                    "SELECT count(*) FROM godwit.events WHERE message LIKE 'resumed by%' AND data ? 'user' AND data ? 'role'"
                )
            }
        }

        @Test func anOperatorsPauseOutlivesTheCoordinator() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                entities: Self.entities
            ) { migration in
                let first = try migration.startCoordinator()
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.shards)")
                await first.kill()
                let pause = try migration.start(["pause", "--reason", "lunch"])
                #expect(await pause.exitStatus() == 0, "\(pause.log)")
                try migration.expect(
                    ["operator|t|lunch|godwit resume 1"],
                    """
                    SELECT pause_cause, status_by LIKE '%@%(role postgres)', status_reason, error_details->>'next'
                      FROM godwit.migration_runs
                    """
                )
                let text = try String(contentsOf: migration.planFile, encoding: .utf8)
                let other = migration.planFile.deletingLastPathComponent().appendingPathComponent("other.yaml")
                try text.replacing("red: r", with: "red: rot").write(to: other, atomically: true, encoding: .utf8)
                let refused = try migration.start(["resume", "--plan", other.path, "--no-run"])
                #expect(await refused.exitStatus() == 65, "\(refused.log)")
                #expect(
                    refused.log.contains("entities.things.columns.color.map.red: r, now rot"),
                    "\(refused.log)"
                )
                try migration.expect(["paused"], "SELECT status FROM godwit.migration_runs")
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.workers WHERE counters <> '{}')")
                try migration.expect(["0"], "SELECT count(*) FROM godwit.attempts")
                let resume = try migration.start(["resume", "--plan", migration.planFile.path])
                #expect(await resume.exitStatus() == 0, "\(resume.log)")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|500|450|50|0"])
            }
        }

        @Test func aRunIsCancelledWithoutACoordinator() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                let first = try migration.startCoordinator()
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.shards)")
                await first.kill()
                let cancel = try migration.start(["cancel", "--reason", "wrong plan"])
                #expect(await cancel.exitStatus() == 0, "\(cancel.log)")
                for command in ["pause", "resume"] {
                    let refused = try migration.start([command])
                    #expect(await refused.exitStatus() == 1, "\(refused.log)")
                }
                let retry = try migration.start(["retry", "--failed"])
                #expect(await retry.exitStatus() == 1, "\(retry.log)")
                try migration.expect(
                    ["cancelled|wrong plan|t"],
                    "SELECT status, status_reason, status_by LIKE '%(role postgres)' FROM godwit.migration_runs"
                )
            }
        }
    }
}
