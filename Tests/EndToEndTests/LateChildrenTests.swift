import ControlStore
import FoundationEssentials
import Testing

extension EndToEnd {
    /// Rows that are copied after the replay of their parents was asked for.
    @Suite struct LateChildrenTests {
        private static let source = """
            \(HeldRow.function)
            CREATE TABLE parent (id integer PRIMARY KEY, grade integer);
            CREATE TABLE child (id integer PRIMARY KEY, parent_id integer);
            CREATE TABLE grandchild (id integer PRIMARY KEY, child_id integer);
            INSERT INTO parent SELECT n, CASE n % 10 WHEN 0 THEN 3 ELSE 1 END FROM generate_series(1, 300) AS n;
            INSERT INTO child SELECT n, (n + 1) / 2 FROM generate_series(1, 600) AS n;
            INSERT INTO grandchild SELECT n, CASE n WHEN 7 THEN 10007 ELSE n END FROM generate_series(1, 600) AS n;
            ANALYZE
            """
        private static let target = """
            CREATE TABLE parents (id uuid PRIMARY KEY, grade text, label text, legacy_id bigint UNIQUE);
            CREATE TABLE children (id uuid PRIMARY KEY, parent_id uuid REFERENCES parents, label text,
                legacy_id bigint UNIQUE);
            CREATE TABLE grandchildren (id uuid PRIMARY KEY, child_id uuid REFERENCES children,
                legacy_id bigint UNIQUE)
            """

        private static let tightBreaker = "shard_rows: 100\ncircuit_breaker: { error_rate: 5%, min_rows: 100 }"

        /// `holder`'s row 250 is a ``HeldRow``.
        private static func family(grades: String, holder: String = "parents") -> String {
            func label(_ entity: String) -> String { entity == holder ? "held(id)" : "'row'" }
            return """
                parents:
                  from: parent
                  to: parents
                  legacy: legacy_id
                  tag: 1
                  columns: { grade: { from: grade, map: \(grades) }, label: { sql: "\(label("parents"))" } }
                children:
                  from: child
                  to: children
                  legacy: legacy_id
                  tag: 2
                  columns: { parent_id: { ref: parents, by: parent_id }, label: { sql: "\(label("children"))" } }
                grandchildren:
                  from: grandchild
                  to: grandchildren
                  legacy: legacy_id
                  tag: 3
                  columns: { child_id: { ref: children, by: child_id } }
                """
        }

        /// Parents that wait for their replay are awaited by the rows that are copied meanwhile: no orphans, no further trip.
        @Test func whatIsCopiedWhileAReplayWaitsFollowsIt() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                run: Self.tightBreaker,
                entities: Self.family(grades: "{ 1: first }")
            ) { migration in
                try migration.execute(.source, HeldRow.hold)
                let first = try migration.startCoordinator(["--leave-when-paused"])
                try migration.startWorker("one", slots: 2)
                try await migration.wait(until: "(SELECT status = 'paused' FROM godwit.migration_runs)")
                try migration.execute(.source, HeldRow.letGo)
                #expect(await first.exitStatus() == 75, "\(migration.logs)")
                try migration.expect(
                    ["0"],
                    "SELECT count(*) FROM godwit.shards WHERE entity <> 'parents' AND state = 'done'"
                )

                try migration.write(
                    plan: Migration.plan(Self.tightBreaker, "ordered", Self.family(grades: "{ 1: first, 3: third }"))
                )
                let replay = try migration.start([
                    "rejects", "replay", "--all", "--plan", migration.planFile.path, "--no-run",
                ])
                #expect(await replay.exitStatus() == 0, "\(replay.log)")
                let resume = try migration.start(["resume", "1", "--workers", "1"])
                // Two snapshots; otherwise it is done.
                #expect(await resume.exitStatus() == 2, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["children|600|600|0|0", "grandchildren|600|599|1|0", "parents|300|300|0|0"])
                try migration.expect(
                    ["7|orphan"],
                    "SELECT source_key, reason FROM godwit.rejects WHERE resolved_at IS NULL"
                )
                try migration.expect(
                    ["1"],
                    "SELECT count(*) FROM godwit.events WHERE message LIKE 'paused: the circuit breaker%'"
                )
            }
        }

        /// Rows on their way when the replay is asked for have looked for their parents before, and are orphans first.
        @Test func whatIsOnItsWayWhenAReplayIsAskedForFollowsIt() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                entities: Self.family(grades: "{ 1: first }", holder: "children")
            ) { migration in
                try migration.execute(.source, HeldRow.hold)
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                try migration.write(
                    plan: Migration.plan(
                        "shard_rows: 100",
                        "ordered",
                        Self.family(grades: "{ 1: first, 3: third }", holder: "children")
                    )
                )
                let replay = try migration.start(["rejects", "replay", "--all", "--plan", migration.planFile.path])
                #expect(await replay.exitStatus() == 0, "\(replay.log)")
                try migration.execute(.source, HeldRow.letGo)
                #expect(await coordinator.exitStatus() == 2, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["children|600|600|0|0", "grandchildren|600|599|1|0", "parents|300|300|0|0"])
                try migration.expect(
                    ["7|orphan"],
                    "SELECT source_key, reason FROM godwit.rejects WHERE resolved_at IS NULL"
                )
                try migration.expect(["2"], "SELECT snapshot_number FROM godwit.migration_runs")
            }
        }
    }
}
