import Foundation
import Glibc
import Postgres
import Testing

extension EndToEnd {
    /// What TERM, INT and QUIT do to a worker, and to the processes of `godwit migrate`.
    @Suite struct SignalTests {
        private static let blockedShard = """
            SELECT outcome FROM godwit.attempts AS a JOIN godwit.shards AS s ON s.id = a.shard_id
             WHERE s.entity = 'parents' AND lower_key <= 250 AND upper_key > 250 ORDER BY a.number
            """

        /// One worker at a shard that waits for a lock until `body` has ended; then another worker finishes the run.
        private static func withBlockedWorker(
            _ body: (Migration, _ coordinator: GodwitProcess, _ worker: GodwitProcess, _ unlock: () throws -> Void)
                async throws -> Void
        ) async throws {
            try await Migration.with(source: Pair.source, target: Pair.target, entities: Pair.entities) { migration in
                let holder = try migration.connect(.source)
                _ = try holder.query("SELECT pg_advisory_lock(4711)")
                let coordinator = try migration.startCoordinator()
                let worker = try migration.startWorker("one")
                try await migration.wait(until: Pair.isBlocked, on: .source)
                try await body(migration, coordinator, worker) {
                    _ = try holder.query("SELECT pg_advisory_unlock_all()")
                }
                _ = try holder.query("SELECT pg_advisory_unlock_all()")
                try migration.startWorker("two")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
            }
        }

        @Test func aWorkerFinishesItsShardAtTerm() async throws {
            try await Self.withBlockedWorker { migration, _, worker, unlock in
                worker.signal(SIGTERM)
                try await worker.waitForLog("leaving after the running shards")
                try unlock()
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
            try await Migration.with(source: Pair.source, target: Pair.target, entities: Pair.entities) { migration in
                let holder = try migration.connect(.source)
                _ = try holder.query("SELECT pg_advisory_lock(4711)")
                let first = try migration.start(["migrate", "--plan", migration.planFile.path, "--progress", "off"])
                try await migration.wait(until: Pair.isBlocked, on: .source)
                first.signal(signal)
                try await first.waitForLog("leaving after the running shards")
                _ = try holder.query("SELECT pg_advisory_unlock_all()")
                #expect(await first.exitStatus() == 75, "\(migration.logs)")
                try migration.expect(["done"], Self.blockedShard)
                try migration.expect(["0"], "SELECT count(*) FROM godwit.shards WHERE state = 'leased'")
                let second = try migration.start(["migrate", "--plan", migration.planFile.path, "--progress", "off"])
                // Its processes took the snapshot with them.
                #expect(await second.exitStatus() == 2, "\(migration.logs)")
                try Pair.expectEverything(migration)
            }
        }

        @Test func migrateRollsBackAtASecondSignal() async throws {
            try await Migration.with(source: Pair.source, target: Pair.target, entities: Pair.entities) { migration in
                let holder = try migration.connect(.source)
                _ = try holder.query("SELECT pg_advisory_lock(4711)")
                let first = try migration.start(["migrate", "--plan", migration.planFile.path, "--progress", "off"])
                try await migration.wait(until: Pair.isBlocked, on: .source)
                first.signal(SIGTERM)
                try await first.waitForLog("leaving after the running shards")
                first.signal(SIGINT)
                #expect(await first.exitStatus() == 75, "\(migration.logs)")
                try migration.expect(["0"], "SELECT count(*) FROM godwit.shards WHERE state = 'leased'")
                try migration.expect(["0"], "SELECT sum(failed_attempts) FROM godwit.shards")
                _ = try holder.query("SELECT pg_advisory_unlock_all()")
                let second = try migration.start(["migrate", "--plan", migration.planFile.path, "--progress", "off"])
                #expect(await second.exitStatus() == 2, "\(migration.logs)")
                try Pair.expectEverything(migration)
            }
        }

        @Test func migrateTakesItsChildrenAlongAtQuit() async throws {
            try await Migration.with(source: Pair.source, target: Pair.target, entities: Pair.entities) { migration in
                let holder = try migration.connect(.source)
                _ = try holder.query("SELECT pg_advisory_lock(4711)")
                let process = try migration.start(["migrate", "--plan", migration.planFile.path, "--progress", "off"])
                try await migration.wait(until: Pair.isBlocked, on: .source)
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
