import Glibc
import PostgresFixture
import Testing

extension EndToEnd {
    /// A database that is away for a while: the run waits, and goes on by itself.
    @Suite struct OutageTests {
        private static let attempts = """
            SELECT coalesce(sum(failed_attempts), 0), (SELECT count(*) FROM godwit.attempts WHERE outcome = 'failed')
              FROM godwit.shards
            """

        /// A coordinator and two workers in the middle of a run, one side of which has a server of its own.
        ///
        /// `body` waits for the run's end and connects again; afterwards every row is there, and no attempt was used up.
        private static func withPool(
            servedFor side: Migration.Side,
            _ body: (
                Migration, PrivateServer, _ coordinator: GodwitProcess, _ workers: [GodwitProcess],
                _ letGo: @escaping () throws -> Void
            ) async throws -> Void
        ) async throws {
            let server = try PrivateServer()
            try await Pair.held(servers: [side: server]) { migration, letGo in
                let coordinator = try migration.startCoordinator()
                let workers = [try migration.startWorker("one"), try migration.startWorker("two")]
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                try await body(migration, server, coordinator, workers, letGo)
                try Pair.expectEverything(migration)
                try migration.expect(["0|0"], Self.attempts)
            }
        }

        @Test func theTargetRestartsAndIsAwayForALongTime() async throws {
            try await Self.withPool(servedFor: .target) { migration, server, coordinator, workers, letGo in
                try server.restart()
                try await coordinator.waitForLog("the target answers again")
                try server.stop()
                try await coordinator.waitForLog("waiting for the target")
                // As long as six leases: nobody may believe in one afterwards.
                try await Task.sleep(for: .seconds(20))
                try letGo()
                #expect(coordinator.isRunning && workers.allSatisfy(\.isRunning), "\(migration.logs)")
                try server.start()
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.reconnect(.target)
                try migration.expect(["f|1"], "SELECT is_mixed, snapshot_number FROM godwit.migration_runs")
                try migration.expect(
                    ["t"],
                    "SELECT count(*) >= 2 FROM godwit.events WHERE message LIKE 'the target could not be used for %'"
                )
            }
        }

        @Test func theSourceIsAwayAndTheSnapshotWithIt() async throws {
            try await Self.withPool(servedFor: .source) { migration, server, coordinator, workers, _ in
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.shards WHERE state = 'done')")
                try server.restart()
                try await coordinator.waitForLog("every holder of the run's snapshot is gone")
                try server.stop()
                try await coordinator.waitForLog("waiting for the source")
                try await Task.sleep(for: .seconds(5))
                #expect(coordinator.isRunning && workers.allSatisfy(\.isRunning), "\(migration.logs)")
                try server.start()
                #expect(await coordinator.exitStatus() == 2, "\(migration.logs)")
                #expect(coordinator.log.contains("Where nobody wrote to the source in between, nothing differs"))
                try migration.reconnect(.source)
                try migration.expect(["t"], "SELECT is_mixed FROM godwit.migration_runs")
                try migration.expect(
                    ["t"],
                    """
                    SELECT count(*) > 0 FROM godwit.events
                     WHERE level = 'error' AND message LIKE 'every holder of the source''s snapshot is gone%'
                    """
                )
            }
        }

        @Test func aLostSnapshotSessionIsTakenOverFromAWorker() async throws {
            try await Pair.held { migration, letGo in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                // The coordinator's was the first; a worker's keeps the snapshot.
                try migration.execute(
                    .source,
                    """
                    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                     WHERE application_name = 'godwit snapshot' AND datname = current_database()
                     ORDER BY backend_start LIMIT 1
                    """
                )
                try await coordinator.waitForLog("took the run's snapshot over from a worker")
                try letGo()
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
                try migration.expect(["f|1"], "SELECT is_mixed, snapshot_number FROM godwit.migration_runs")
            }
        }

        @Test func aPreparationThatIsDisturbedIsDoneAgain() async throws {
            let session = "FROM pg_stat_activity WHERE application_name = 'godwit unique rules' AND state = 'active'"
            try await Pair.held(
                // A check of the data would wait for the lock, too.
                run: "shard_rows: 100\nvalidation: { pre: false }",
                entities: Pair.entities
                    .replacing(
                        "label: { sql: \"held(id)\" }",
                        with: "label: { sql: \"held(id)\" }\n  unique:\n    - { columns: [label], keep: lowest_key }"
                    )
            ) { migration, letGo in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                // The losers need every label, and one of them waits.
                try await migration.wait(until: "EXISTS (SELECT \(session))", on: .source)
                try migration.execute(.source, "SELECT pg_terminate_backend(pid, 5000) \(session)")
                try await coordinator.waitForLog("an entity can't be prepared yet")
                try letGo()
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
            }
        }

        @Test func aDatabaseThatIsAwayAtTheStartIsSaidAtOnce() async throws {
            let server = try PrivateServer()
            try await Migration.with(
                servers: [.target: server],
                source: Pair.source,
                target: Pair.target,
                entities: Pair.entities
            ) { migration in
                try server.stop()
                for arguments in [[], ["--standby"]] {
                    let coordinator = try migration.startCoordinator(arguments)
                    #expect(await coordinator.exitStatus() == 69)
                    #expect(coordinator.log.contains("connecting to the"), "\(coordinator.log)")
                }
            }
        }

        @Test func whoResumesARunAcceptsTheAgeOfItsSnapshot() async throws {
            try await Pair.held(run: "shard_rows: 100\nmax_snapshot_age: 1s") { migration, letGo in
                let first = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.migration_runs WHERE status = 'paused')")
                let resume = try migration.start(["resume"])
                #expect(await resume.exitStatus() == 0, "\(resume.log)")
                try await Task.sleep(for: .seconds(3))
                await first.kill()
                let second = try migration.startCoordinator()
                try await second.waitForLog("leading")
                try await Task.sleep(for: .seconds(3))
                try letGo()
                #expect(await second.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
                try migration.expect(["1"], "SELECT count(*) FROM godwit.events WHERE message LIKE 'paused: %'")
            }
        }
    }
}
