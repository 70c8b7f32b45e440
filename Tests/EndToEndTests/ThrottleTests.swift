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
                #expect(!off.log.contains("no standby"), "\(off.log)")
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

        /// A batch of seconds that went to the target at once would be felt there.
        @Test func aThrottledSlotWritesAsItReads() async throws {
            let target = """
                CREATE TABLE things (id uuid PRIMARY KEY, name text,
                                     legacy_id bigint UNIQUE CHECK (legacy_id NOT IN (777, 1500)))
                """
            try await Migration.with(
                source: Self.source,
                target: target,
                run: "shard_rows: 5000\nthrottle: { rows: 400/s }",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(
                    until:
                        "EXISTS (SELECT FROM pg_stat_progress_copy WHERE command = 'COPY FROM' AND tuples_processed > 0)"
                )
                // What was read is told before its batch is full.
                try await migration.wait(
                    until: """
                        EXISTS (SELECT FROM godwit.workers
                                 WHERE (counters ->> 'rowsRead')::int > 0 AND (counters ->> 'batches')::int = 0)
                        """
                )
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                // The batch was refused, and went in without its two bad rows.
                try migration.expectTotals(["things|2000|1998|2|0"])
                try migration.expect(["777", "1500"], "SELECT source_key FROM godwit.rejects ORDER BY source_key")
                try migration.expect(["1998"], "SELECT count(*) FROM things")
            }
        }

        private static let wide = """
            \(Self.source);
            UPDATE thing SET name = CASE id WHEN 1990 THEN repeat('w', 900000) ELSE '' END
            """

        /// Its debt is waited for, and no transaction of the target's with it: what is written is committed before.
        @Test func beforeALongWaitForAWideRowTheShardIsCommitted() async throws {
            try await Migration.with(
                source: Self.wide,
                target: Self.target,
                run: "shard_rows: 5000\nthrottle: { bytes: 64KiB/s }",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|2000|2000|0|0"])
                try migration.expect(
                    ["1990|t", "10|f"],
                    "SELECT migrated, parent IS NULL FROM godwit.shards ORDER BY id"
                )
            }
        }

        /// Its debt is for those to wait for who read on.
        @Test func aShardDoesNotWaitForWhatItHasReadAtItsEnd() async throws {
            try await Migration.with(
                source: "\(Self.source); UPDATE thing SET name = repeat('w', 4000000) WHERE id = 2000",
                target: Self.target,
                run: "shard_rows: 5000\nthrottle: { bytes: 64KiB/s }",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|2000|2000|0|0"])
                // The row alone is worth a minute.
                try migration.expect(["t"], "SELECT max(finished_at - leased_at) < interval '30 s' FROM godwit.shards")
            }
        }

        /// Such a shard can't end before its range does, and the target's server ends transactions that are idle for a minute.
        @Test func theTargetHearsOfAShardThatWaitsAndCannotBeCommitted() async throws {
            let entities = """
                things:
                  from: thing
                  to: things
                  legacy: legacy_id
                  tag: 1
                  query: SELECT id, name FROM thing
                """
            try await Migration.with(
                source: Self.wide,
                target: Self.target,
                run: "shard_rows: 5000\nthrottle: { bytes: 64KiB/s }",
                entities: entities
            ) { migration in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(
                    until: """
                        EXISTS (SELECT FROM pg_stat_activity
                                 WHERE state = 'idle in transaction' AND query LIKE '%the throttle is waited for%'
                                   AND datname = current_database())
                        """
                )
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|2000|2000|0|0"])
            }
        }

        /// As a newer Godwit, or somebody's hand, may leave them: no bound is as wrong as any.
        @Test func limitsThatCannotBeReadKeepARunStandingUntilOthersAreSet() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                run: "shard_rows: 500",
                entities: Self.entities
            ) { migration in
                let coordinator = try migration.startCoordinator()
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.leadership WHERE endpoint IS NOT NULL)")
                try migration.execute(
                    .target,
                    #"UPDATE godwit.migration_runs SET throttle = '{"rowsPerSecond": 100000, "nightly": true}'"#
                )
                try await migration.wait(
                    until:
                        "EXISTS (SELECT FROM godwit.migration_runs WHERE metrics -> 'throttle' ->> 'standing' = 'closed')"
                )
                try migration.startWorker("one")
                try await migration.wait(
                    until: """
                        EXISTS (SELECT FROM godwit.events
                                 WHERE data ->> 'kind' = 'throttled' AND message LIKE '%can''t be read by this version%')
                        """
                )
                try migration.expect(["4|pending"], "SELECT count(*), state FROM godwit.shards GROUP BY state")
                let back = try migration.start(["throttle", "--plan"])
                #expect(await back.exitStatus() == 0, "\(back.log)")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|2000|2000|0|0"])
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
