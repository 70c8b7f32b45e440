import ControlStore
import Foundation
import Postgres
import Testing

extension EndToEnd {
    /// What operators do and do wrong.
    @Suite struct OperationTests {
        /// A run that stands still in mid-shard until the body lets it go, and then ends well.
        private static func withBlockedRun(
            run: String = "shard_rows: 100",
            _ body: (Migration, GodwitProcess, @escaping () throws -> Void) async throws -> GodwitProcess
        ) async throws {
            try await Things.migration(run: run) { migration in
                try migration.execute(.source, HeldRow.hold)
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try migration.startWorker("two")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                let last = try await body(migration, coordinator) {
                    try migration.execute(.source, HeldRow.letGo)
                }
                #expect(await last.exitStatus() == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|500|500|0|0"])
                try migration.expect(["500"], "SELECT count(*) FROM things WHERE label = 'row ' || legacy_id")
            }
        }

        @Test func aSecondCoordinatorIsRefused() async throws {
            try await Self.withBlockedRun { migration, coordinator, letGo in
                let second = try migration.startCoordinator()
                #expect(await second.exitStatus() == 69)
                #expect(second.log.contains("another coordinator leads this target"), "\(second.log)")
                try letGo()
                return coordinator
            }
        }

        @Test func aWorkerWithAnotherPlanIsRefused() async throws {
            try await Self.withBlockedRun { migration, coordinator, letGo in
                let other = migration.planFile.deletingLastPathComponent().appendingPathComponent("other.yaml")
                let text = try String(contentsOf: migration.planFile, encoding: .utf8)
                try text.replacing("tag: 1", with: "tag: 2").write(to: other, atomically: true, encoding: .utf8)
                let same = try migration.startWorker("same", ["--plan", migration.planFile.path])
                let stranger = try migration.startWorker("stranger", ["--plan", other.path])
                #expect(await stranger.exitStatus() == 65)
                #expect(stranger.log.contains("another plan"), "\(stranger.log)")
                #expect(same.isRunning)
                try letGo()
                return coordinator
            }
        }

        @Test func aRunIsNotResumedWithAChangedPlan() async throws {
            try await Self.withBlockedRun { migration, coordinator, letGo in
                await coordinator.kill()
                let text = try String(contentsOf: migration.planFile, encoding: .utf8)
                try migration.write(plan: text.replacing("tag: 1", with: "tag: 2"))
                let changed = try migration.startCoordinator()
                #expect(await changed.exitStatus() == 65)
                #expect(changed.log.contains("was begun with another version"), "\(changed.log)")
                try migration.write(plan: text)
                let resumed = try migration.startCoordinator()
                try letGo()
                return resumed
            }
        }

        @Test func aPausedRunGrantsNothingUntilItIsResumed() async throws {
            try await Self.withBlockedRun(run: "shard_rows: 100\nparallelism: 1") { migration, coordinator, letGo in
                try await migration.store.pause(migration.run, reason: "the night is over")
                // The coordinator reads it back within a second and says so in no other way.
                try await Task.sleep(for: .seconds(2))
                try letGo()
                try await migration.wait(until: "NOT EXISTS (SELECT FROM godwit.shards WHERE state = 'leased')")
                try await Task.sleep(for: .seconds(1))
                try migration.expect(["t"], "SELECT count(*) > 0 FROM godwit.shards WHERE state = 'pending'")
                try await migration.store.resume(migration.run)
                return coordinator
            }
        }

        @Test func aTerminatedCoordinatorLeavesItsRunToBeResumed() async throws {
            try await Self.withBlockedRun { migration, coordinator, letGo in
                coordinator.signal(15)
                #expect(await coordinator.exitStatus() == 75, "\(coordinator.log)")
                let resumed = try migration.startCoordinator()
                try letGo()
                return resumed
            }
        }

        /// The SQL functions are those of the run that was begun last; an older one puts its own back.
        @Test func aRunIsResumedAfterARunOfAnotherPlan() async throws {
            try await Self.withBlockedRun { migration, coordinator, letGo in
                coordinator.signal(15)
                #expect(await coordinator.exitStatus() == 75, "\(coordinator.log)")
                try migration.execute(
                    .target,
                    """
                    CREATE OR REPLACE FUNCTION godwit.uuid(entity text, id bigint) RETURNS uuid LANGUAGE sql AS
                        $$ SELECT ('godwit knows no entity ' || entity)::uuid $$
                    """
                )
                let resumed = try migration.startCoordinator()
                try letGo()
                return resumed
            }
        }

        /// The first TERM finishes what runs.
        @Test func aTerminatedWorkerFinishesItsShard() async throws {
            try await Self.withBlockedRun { migration, coordinator, letGo in
                let name = try #require(
                    try migration.value(
                        .target,
                        "SELECT worker FROM godwit.shards WHERE lower_key <= 250 AND upper_key > 250 AND state = 'leased'"
                    )
                )
                let worker = migration.processes[name == "one" ? 1 : 2]
                worker.signal(15)
                try letGo()
                #expect(await worker.exitStatus() == 0, "\(worker.log)")
                try migration.expect(
                    ["done|\(name)"],
                    "SELECT state, worker FROM godwit.shards WHERE lower_key <= 250 AND upper_key > 250"
                )
                return coordinator
            }
        }

        @Test(arguments: ["source", "target"])
        func aLostConnectionUsesUpNoAttempt(_ side: String) async throws {
            try await Self.withBlockedRun { migration, coordinator, letGo in
                let pattern = side == "source" ? "gdw-source:%" : "gdw:%"
                try migration.execute(
                    side == "source" ? .source : .target,
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name LIKE '\(pattern)'
                    """
                )
                try letGo()
                let status = await coordinator.exitStatus()
                #expect(status == 0, "\(migration.logs)")
                try migration.expect(["0"], "SELECT sum(failed_attempts) FROM godwit.shards")
                try migration.expect(["f"], "SELECT is_mixed FROM godwit.migration_runs")
                return coordinator
            }
        }
    }
}
