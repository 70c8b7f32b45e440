import Testing

extension EndToEnd {
    /// Runs that may not take all there is.
    @Suite struct ThrottleTests {
        private static let source = """
            CREATE TABLE thing (id integer PRIMARY KEY, name text);
            INSERT INTO thing SELECT n, repeat('x', 100) FROM generate_series(1, 2000) AS n;
            ANALYZE
            """
        private static let target = "CREATE TABLE things (id uuid PRIMARY KEY, name text, legacy_id bigint UNIQUE)"
        private static let entities = "things: { from: thing, to: things, legacy: legacy_id, tag: 1 }"

        @Test func aSignalThatNobodyKnowsKeepsARunStandingUntilTheLimitIsLifted() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                run: "shard_rows: 500\nthrottle: { replication_lag: 64MiB }",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                // Ten seconds after it closed.
                try await migration.wait(
                    until: "EXISTS (SELECT FROM godwit.events WHERE data ->> 'kind' = 'throttled')"
                )
                try migration.expect(["4|pending"], "SELECT count(*), state FROM godwit.shards GROUP BY state")
                let status = try migration.start(["status"])
                #expect(await status.exitStatus() == 0)
                #expect(status.log.contains("THROTTLED: nothing is read: no standby is connected"), "\(status.log)")
                let off = try migration.start(["throttle", "--replication-lag", "off"])
                #expect(await off.exitStatus() == 0, "\(off.log)")
                #expect(off.log.contains("is not throttled"), "\(off.log)")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|2000|2000|0|0"])
            }
        }

        @Test func aRunWithRatesComesToItsEnd() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                run: "shard_rows: 500\nthrottle: { rows: 4000/s, bytes: 1MiB/s }",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try migration.startWorker("two")
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.migration_runs WHERE metrics ? 'throttle')")
                let shown = try migration.start(["throttle"])
                #expect(await shown.exitStatus() == 0, "\(shown.log)")
                #expect(shown.log.contains("may take 4,000 rows/s, 1 MiB/s of source rows"), "\(shown.log)")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|2000|2000|0|0"])
                let late = try migration.start(["throttle", "--rows", "1/s"])
                #expect(await late.exitStatus() == 1, "\(late.log)")
                #expect(late.log.contains("is completed: there is nothing to throttle"), "\(late.log)")
            }
        }

        @Test func aLimitThatIsNoneIsRefused() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities) { migration in
                let wrong = try migration.start(["throttle", "--rows", "fast"])
                #expect(await wrong.exitStatus() == 64, "\(wrong.log)")
                #expect(wrong.log.contains("'fast' is no limit; write 20000/s, or off"), "\(wrong.log)")
            }
        }
    }
}
