import ControlStore
import Postgres
import Testing

extension EndToEnd {
    /// A column that gets another type under a run stops it; no value arrives as another one.
    @Suite struct ShapeTests {
        private static let source = """
            \(HeldRow.function)
            CREATE TABLE thing (id integer PRIMARY KEY, q integer);
            INSERT INTO thing SELECT n, n FROM generate_series(1, 500) AS n; ANALYZE
            """
        private static let target =
            "CREATE TABLE things (id uuid PRIMARY KEY, q integer, label text, legacy_id bigint UNIQUE)"

        private static func held(_ body: (Migration, _ letGo: () throws -> Void) async throws -> Void) async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                entities: Things.entities
            ) { migration in
                let holder = try migration.connect(.source)
                try holder.execute(HeldRow.hold)
                try await body(migration) { try holder.execute(HeldRow.letGo) }
            }
        }

        private static func expectNoOtherValues(_ migration: Migration) throws {
            try migration.expect([], "SELECT legacy_id, q FROM things WHERE q IS DISTINCT FROM legacy_id")
            try migration.expect(["0"], "SELECT max(failed_attempts) FROM godwit.shards")
            try migration.expect([], "SELECT id FROM godwit.shards WHERE state = 'split'")
            try migration.expect(["failed"], "SELECT status FROM godwit.migration_runs")
        }

        /// Changes the target in the middle of a shard, which ends the run.
        private static func fail(_ migration: Migration, by change: String, _ letGo: () throws -> Void) async throws {
            let coordinator = try migration.startCoordinator()
            try migration.startWorker("w1")
            try await migration.wait(until: HeldRow.isBlocking, on: .source)
            try migration.execute(.target, change)
            try letGo()
            #expect(await coordinator.exitStatus() == 1, "\(migration.logs)")
        }

        @Test func aTargetColumnOfAnotherTypeStopsTheRun() async throws {
            try await Self.held { migration, letGo in
                try await Self.fail(migration, by: "ALTER TABLE things ALTER COLUMN q TYPE real", letGo)
                try Self.expectNoOtherValues(migration)
                let reason = try migration.value(.target, "SELECT status_reason FROM godwit.migration_runs") ?? ""
                #expect(reason.contains(#""q" of the target's table "public"."things" was integer"#), "\(reason)")
                #expect(reason.contains("is real now"), "\(reason)")

                try migration.execute(.target, "ALTER TABLE things ALTER COLUMN q TYPE integer")
                _ = try await migration.store.retry(.failed, in: migration.run)
                let again = try migration.start(["coordinator", "--run", "\(migration.run)", "--lease-seconds", "3"])
                try migration.startWorker("w2")
                // Under a second snapshot.
                #expect(await again.exitStatus() == 2, "\(migration.logs)")
                try migration.expectTotals(["things|500|500|0|0"])
                try migration.expect(["500"], "SELECT count(*) FROM things WHERE q = legacy_id")
            }
        }

        @Test func aRunThatGoesOnAfterItFailedLoadsWithoutTriggersAgain() async throws {
            try await Pair.held { migration, letGo in
                try await Self.fail(migration, by: "ALTER TABLE parents ALTER COLUMN label TYPE varchar(99)", letGo)
                try migration.expect(["O"], Pair.trigger)

                try migration.execute(
                    .target,
                    """
                    ALTER TABLE parents ALTER COLUMN label TYPE text;
                    CREATE OR REPLACE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN NEW.label := 'touched'; RETURN NEW; END $$
                    """
                )
                // Without the shard that found it out, and its children.
                try await migration.store.resume(migration.run)
                let again = try migration.start(["coordinator", "--run", "\(migration.run)", "--lease-seconds", "3"])
                try migration.startWorker("w2")
                #expect(await again.exitStatus() == 2, "\(migration.logs)")
                try migration.expect(
                    ["500|0"],
                    "SELECT count(*), count(*) FILTER (WHERE label = 'touched') FROM parents"
                )
                try migration.expect(["O"], Pair.trigger)
            }
        }

        @Test func aRunThatWasBegunWithoutTypesGoesOnAndSaysSo() async throws {
            try await Self.held { migration, letGo in
                let coordinator = try migration.startCoordinator()
                let worker = try migration.startWorker("w1")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                await worker.kill()
                await coordinator.kill()
                try letGo()
                try migration.execute(
                    .target,
                    "UPDATE godwit.migration_runs SET configuration = configuration #- '{entities,0,shape}'"
                )
                let again = try migration.startCoordinator()
                try migration.startWorker("w2")
                #expect(await again.exitStatus() == 2, "\(migration.logs)")
                try migration.expectTotals(["things|500|500|0|0"])
                try migration.expect(
                    ["plan-warning"],
                    "SELECT data ->> 'kind' FROM godwit.events WHERE message LIKE '%recorded no types%'"
                )
            }
        }

        /// Nobody holds the source's tables while no process of the run is there.
        @Test func aSourceColumnOfAnotherTypeStopsTheRunThatIsResumed() async throws {
            try await Self.held { migration, letGo in
                let coordinator = try migration.startCoordinator()
                let worker = try migration.startWorker("w1")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                await worker.kill()
                await coordinator.kill()
                try letGo()
                try migration.execute(.source, "ALTER TABLE thing ALTER COLUMN q TYPE real")
                let again = try migration.startCoordinator()
                try migration.startWorker("w2")
                #expect(await again.exitStatus() == 1, "\(migration.logs)")
                try Self.expectNoOtherValues(migration)
                let reason = try migration.value(.target, "SELECT status_reason FROM godwit.migration_runs") ?? ""
                #expect(reason.contains(#""q" of the source's table "public"."thing" was integer"#), "\(reason)")
            }
        }
    }
}
