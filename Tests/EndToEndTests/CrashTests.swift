import Testing

extension EndToEnd {
    /// Processes killed in mid-shard; what they held comes back by itself.
    @Suite struct CrashTests {
        @Test func aKilledWorkersShardIsDoneByTheOther() async throws {
            try await Pair.held { migration, letGo in
                let coordinator = try migration.startCoordinator()
                let workers = [
                    "one": try migration.startWorker("one"), "two": try migration.startWorker("two"),
                ]
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
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
                try letGo()
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
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
            try await Pair.held { migration, letGo in
                let first = try migration.startCoordinator()
                try migration.startWorker("one")
                try migration.startWorker("two")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                await first.kill()
                try migration.expect(["D"], Pair.trigger)
                // Rows that came after the snapshot show whether it is still the same one.
                try migration.execute(
                    .source,
                    "INSERT INTO child SELECT n, 1, 'late' FROM generate_series(801, 900) AS n"
                )
                let second = try migration.startCoordinator()
                try await migration.wait(until: "(SELECT pid FROM godwit.leadership) = \(second.identifier)")
                try letGo()
                #expect(await second.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
                try migration.expect(["f|1"], "SELECT is_mixed, snapshot_number FROM godwit.migration_runs")
            }
        }

        @Test func truncatingASourceTableWaitsForTheRun() async throws {
            try await Pair.held { migration, letGo in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                let refused = #expect(throws: (any Error).self) {
                    try migration.execute(.source, "SET lock_timeout = '200ms'; TRUNCATE child")
                }
                #expect("\(refused!)".contains("lock timeout"))
                try letGo()
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
            }
        }
    }
}
