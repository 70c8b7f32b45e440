import Glibc
import Testing

extension EndToEnd {
    /// One coordinator follows another, and the workers follow both.
    @Suite struct FailoverTests {
        /// Whether this process leads and has said where it listens.
        private static func leads(_ process: GodwitProcess) -> String {
            "(SELECT pid = \(process.identifier) AND endpoint IS NOT NULL FROM godwit.leadership)"
        }

        /// The leader and a standby that waits, two workers, and a shard that waits for a lock until `body` has ended.
        ///
        /// `body` says with which status the leader will have left.
        private static func withStandby(
            leader: [String] = [],
            _ body: (Migration, _ leader: GodwitProcess, _ standby: GodwitProcess) async throws -> Int32
        ) async throws {
            try await Pair.held { migration, letGo in
                let first = try migration.startCoordinator(leader)
                try migration.startWorker("one")
                try migration.startWorker("two")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                let second = try migration.startCoordinator(["--standby"])
                try await second.waitForLog("standing by")
                let status = try await body(migration, first, second)
                try letGo()
                #expect(await first.exitStatus() == status, "\(migration.logs)")
                #expect(await second.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
                try migration.expect(["f|1"], "SELECT is_mixed, snapshot_number FROM godwit.migration_runs")
                // Nothing that was committed was done again, and nobody's attempt was cut short.
                let disturbed = try migration.rows(
                    .target,
                    "SELECT outcome, message FROM godwit.attempts WHERE outcome <> 'done'"
                )
                #expect(disturbed == [], "\(migration.logs)")
            }
        }

        @Test func aStandbyTakesOverFromAKilledLeader() async throws {
            try await Self.withStandby { migration, leader, standby in
                // Rows that came after the snapshot show whether it is still the same one.
                try migration.execute(
                    .source,
                    "INSERT INTO child SELECT n, 1, 'late' FROM generate_series(801, 900) AS n"
                )
                await leader.kill()
                try await migration.wait(until: Self.leads(standby), for: .seconds(20))
                return 128 + SIGKILL
            }
        }

        @Test func aLeaderThatIsToldToLeaveHandsOver() async throws {
            try await Self.withStandby { migration, leader, standby in
                leader.signal(SIGINT)
                try await migration.wait(until: Self.leads(standby), for: .seconds(10))
                try migration.expect(["running"], "SELECT status FROM godwit.migration_runs")
                return 75
            }
        }

        @Test(arguments: [false, true])
        func aStoppedLeaderIsDeposedAndWritesNothingWhenItWakes(asStandby: Bool) async throws {
            try await Self.withStandby(leader: asStandby ? ["--standby"] : []) { migration, leader, standby in
                leader.signal(SIGSTOP)
                try await migration.wait(until: Self.leads(standby), for: .seconds(30))
                leader.signal(SIGCONT)
                if asStandby {
                    try await leader.waitForLog("stepping down")
                    try await leader.waitForLog("standing by for the leader")
                } else {
                    #expect(await leader.exitStatus() == 69, "\(migration.logs)")
                    #expect(leader.log.contains("took over while this one was stopped"))
                }
                try await migration.wait(until: Self.leads(standby))
                return asStandby ? 0 : 69
            }
        }

        @Test func aStandbyLeavesWhenTheRunHasEnded() async throws {
            try await Self.withStandby { _, _, _ in 0 }
        }

        @Test func aStandbyThatIsToldToLeaveLeaves() async throws {
            try await Self.withStandby { migration, leader, standby in
                standby.signal(SIGTERM)
                #expect(await standby.exitStatus() == 0)
                #expect(leader.isRunning)
                try await migration.wait(until: Self.leads(leader))
                return 0
            }
        }

        /// Nobody was there to notice that it died.
        @Test func aWorkerThatDiedUnderAnEarlierCoordinatorIsLost() async throws {
            try await Pair.held { migration, letGo in
                let first = try migration.startCoordinator()
                let dead = try migration.startWorker("dead")
                try migration.startWorker("alive")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                try await migration.wait(
                    until: "(SELECT count(*) = 2 FROM godwit.workers WHERE state = 'running' AND counters <> '{}')"
                )
                await first.kill()
                await dead.kill()
                let second = try migration.startCoordinator()
                try await migration.wait(until: "(SELECT state = 'lost' FROM godwit.workers WHERE name = 'dead')")
                try await migration.wait(until: "(SELECT state = 'running' FROM godwit.workers WHERE name = 'alive')")
                // Killed once more, and nobody has the time to wait for the silence of one that is heard no more.
                let late = try migration.startWorker("late")
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.workers WHERE name = 'late')")
                await second.kill()
                await late.kill()
                try letGo()
                let third = try migration.startCoordinator(lease: 30)
                #expect(await third.exitStatus() == 0, "\(migration.logs)")
                try migration.expect(
                    ["alive|gone", "dead|lost", "late|lost"],
                    "SELECT name, state FROM godwit.workers ORDER BY name"
                )
                try Pair.expectEverything(migration)
            }
        }

        @Test func aSecondCoordinatorThatIsNoStandbyIsRefused() async throws {
            try await Self.withStandby { migration, leader, _ in
                let third = try migration.startCoordinator()
                #expect(await third.exitStatus() == 69)
                #expect(third.log.contains("another coordinator leads this target"))
                await leader.kill()
                return 128 + SIGKILL
            }
        }
    }
}
