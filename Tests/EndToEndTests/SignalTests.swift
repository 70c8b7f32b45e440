import Foundation
import Glibc
import Testing

extension EndToEnd {
    /// What TERM, INT and QUIT do to a worker, and to the processes of `godwit migrate`.
    @Suite struct SignalTests {
        private static let blockedShard = """
            SELECT outcome FROM godwit.attempts AS a JOIN godwit.shards AS s ON s.id = a.shard_id
             WHERE s.entity = 'parents' AND lower_key <= 250 AND upper_key > 250 ORDER BY a.number
            """

        /// One worker at a shard that waits until `body` has ended; then another worker finishes the run.
        private static func withBlockedWorker(
            _ body: (
                Migration, _ coordinator: GodwitProcess, _ worker: GodwitProcess, _ letGo: @escaping () throws -> Void
            ) async throws -> Void
        ) async throws {
            try await Pair.held { migration, letGo in
                let coordinator = try migration.startCoordinator()
                let worker = try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                try await body(migration, coordinator, worker, letGo)
                try letGo()
                try migration.startWorker("two")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
            }
        }

        private static func startMigrate(_ migration: Migration) throws -> GodwitProcess {
            try migration.start(["migrate", "--plan", migration.planFile.path, "--progress", "off"])
        }

        /// `godwit migrate` with a worker at a shard that waits.
        private static func withBlockedMigrate(
            _ body: (Migration, _ migrate: GodwitProcess, _ letGo: @escaping () throws -> Void) async throws -> Void
        ) async throws {
            try await Pair.held { migration, letGo in
                let migrate = try Self.startMigrate(migration)
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                try await body(migration, migrate, letGo)
            }
        }

        /// Goes on with a run that `migrate` has left.
        private static func migrateToTheEnd(_ migration: Migration) async throws {
            let second = try Self.startMigrate(migration)
            // The first one's processes took the snapshot with them.
            #expect(await second.exitStatus() == 2, "\(migration.logs)")
            try Pair.expectEverything(migration)
        }

        @Test func aWorkerFinishesItsShardAtTerm() async throws {
            try await Self.withBlockedWorker { migration, _, worker, letGo in
                worker.signal(SIGTERM)
                try await worker.waitForLog("leaving after the running shards")
                try letGo()
                #expect(await worker.exitStatus() == 0)
                try migration.expect(["done"], Self.blockedShard)
            }
        }

        @Test func aWorkerGivesItsShardBackAtASecondTerm() async throws {
            try await Self.withBlockedWorker { migration, _, worker, _ in
                worker.signal(SIGTERM)
                try await worker.waitForLog("leaving after the running shards")
                worker.signal(SIGTERM)
                #expect(await worker.exitStatus() == 0)
                try await migration.wait(until: "NOT EXISTS (SELECT FROM godwit.shards WHERE state = 'leased')")
                try migration.expect(["0"], "SELECT sum(failed_attempts) FROM godwit.shards")
            }
        }

        @Test func aWorkerRollsBackAtIntAlsoWithoutACoordinator() async throws {
            try await Self.withBlockedWorker { migration, coordinator, worker, _ in
                coordinator.signal(SIGSTOP)
                worker.signal(SIGINT)
                #expect(await worker.exitStatus() == 0)
                // Well before the lease would expire, and nobody but the worker can have done it.
                try migration.expect(["released"], Self.blockedShard)
                coordinator.signal(SIGCONT)
            }
        }

        @Test func aWorkerLeavesAtOnceAtQuit() async throws {
            try await Self.withBlockedWorker { migration, _, worker, _ in
                worker.signal(SIGQUIT)
                #expect(await worker.exitStatus() == 128 + SIGQUIT)
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.attempts WHERE outcome = 'expired')")
            }
        }

        @Test(arguments: [SIGTERM, SIGINT])
        func migrateLetsTheRunningShardsFinish(signal: Int32) async throws {
            try await Self.withBlockedMigrate { migration, first, letGo in
                first.signal(signal)
                try await first.waitForLog("leaving after the running shards")
                try letGo()
                #expect(await first.exitStatus() == 75, "\(migration.logs)")
                try migration.expect(["done"], Self.blockedShard)
                try migration.expect(["0"], "SELECT count(*) FROM godwit.shards WHERE state = 'leased'")
                try await Self.migrateToTheEnd(migration)
            }
        }

        @Test func migrateRollsBackAtASecondSignal() async throws {
            try await Self.withBlockedMigrate { migration, first, letGo in
                first.signal(SIGTERM)
                try await first.waitForLog("leaving after the running shards")
                first.signal(SIGINT)
                #expect(await first.exitStatus() == 75, "\(migration.logs)")
                try migration.expect(["0"], "SELECT count(*) FROM godwit.shards WHERE state = 'leased'")
                try migration.expect(["0"], "SELECT sum(failed_attempts) FROM godwit.shards")
                try letGo()
                try await Self.migrateToTheEnd(migration)
            }
        }

        @Test func migrateTakesItsChildrenAlongAtQuit() async throws {
            try await Self.withBlockedMigrate { migration, process, _ in
                process.signal(SIGQUIT)
                #expect(await process.exitStatus() == 128 + SIGQUIT)
                try await migration.wait(
                    until: """
                        NOT EXISTS (SELECT FROM pg_stat_activity
                                     WHERE datname = current_database() AND application_name LIKE 'godwit %')
                        """
                )
            }
        }
    }
}
