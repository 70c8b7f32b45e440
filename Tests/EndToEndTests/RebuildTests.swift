import ControlStore
import Foundation
import Glibc
import Postgres
import Testing

extension EndToEnd {
    /// What comes back after the load, whoever dies meanwhile.
    @Suite struct RebuildTests {
        @Test func everythingComesBackAndNothingTwice() async throws {
            try await Dropped.begun { migration, coordinator in
                try migration.startWorker("one", slots: 2)
                try migration.startWorker("two", slots: 2)
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Dropped.expectEverything(migration)
                // The children came when the parents' indexes were there, and the foreign key came last.
                try migration.expect(
                    ["t"],
                    """
                    SELECT max(finished_at) FILTER (WHERE entity = 'parents')
                             < min(leased_at) FILTER (WHERE entity = 'children' AND kind = 'copy')
                           AND max(finished_at) = max(finished_at) FILTER (WHERE kind = 'validate')
                      FROM godwit.shards
                    """
                )
                try migration.expect(["8"], "SELECT sum(attempt) FROM godwit.shards WHERE object_id IS NOT NULL")
            }
        }

        @Test func aWorkerIsKilledInTheMiddleOfAnIndex() async throws {
            try await Dropped.begun { migration, coordinator in
                let holder = try migration.connect(.target)
                try holder.execute(Dropped.hold)
                let worker = try migration.startWorker("one")
                try await migration.wait(until: Dropped.isBuilding)
                worker.signal(SIGKILL)
                _ = await worker.exitStatus()
                try migration.startWorker("two")
                // The session of the dead is ended with its lease, and another attempt begins where nothing is.
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.attempts WHERE outcome = 'expired')")
                try await migration.wait(until: Dropped.isBuilding)
                try holder.execute(Dropped.letGo)
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Dropped.expectEverything(migration)
                try migration.expect(
                    ["done", "expired"],
                    """
                    SELECT attempt.outcome FROM godwit.attempts AS attempt
                      JOIN godwit.shards AS shard ON shard.id = attempt.shard_id
                      JOIN godwit.suspended_objects AS object ON object.id = shard.object_id
                     WHERE object.object_name = 'parents_held' ORDER BY 1
                    """
                )
            }
        }

        @Test func theCoordinatorIsKilledBetweenTwoSteps() async throws {
            try await Dropped.begun { migration, coordinator in
                let holder = try migration.connect(.target)
                try holder.execute(Dropped.hold)
                try migration.startWorker("one", slots: 3)
                try await migration.wait(until: Dropped.isBuilding)
                try await migration.wait(
                    until: "2 = (SELECT count(*) FROM godwit.shards WHERE kind = 'index' AND state = 'done')"
                )
                coordinator.signal(SIGKILL)
                _ = await coordinator.exitStatus()
                // The last index is done while nobody leads; what follows is planned by the next.
                try holder.execute(Dropped.letGo)
                try await migration.wait(
                    until: "3 = (SELECT count(*) FROM godwit.shards WHERE kind = 'index' AND state = 'done')"
                )
                try migration.expect(["0"], "SELECT count(*) FROM godwit.shards WHERE kind = 'constraint'")
                let second = try migration.startCoordinator()
                #expect(await second.exitStatus() == 0, "\(migration.logs)")
                try Dropped.expectEverything(migration)
            }
        }

        @Test func anIndexThatSomebodyHasBuiltByHandIsTaken() async throws {
            try await Dropped.begun { migration, coordinator in
                let holder = try migration.connect(.target)
                try holder.execute(Dropped.hold)
                try migration.startWorker("one")
                try await migration.wait(until: Dropped.isBuilding)
                // The children's shards have not begun: their parents are not settled.
                try migration.execute(.target, "CREATE UNIQUE INDEX children_pkey ON children USING btree (id)")
                try holder.execute(Dropped.letGo)
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Dropped.expectEverything(migration)
            }
        }

        @Test func aRunThatLeavesSomethingOffSaysSoWithStatusTwo() async throws {
            try await Dropped.begun { migration, coordinator in
                let holder = try migration.connect(.target)
                try holder.execute(Dropped.hold)
                try migration.startWorker("one")
                try await migration.wait(until: Dropped.isBuilding)
                // The round of the parents' indexes is planned, so this one is nobody's.
                try migration.execute(
                    .target,
                    """
                    INSERT INTO godwit.suspended_objects (run_id, entity, kind, table_name, object_name, steps)
                    SELECT id, 'parents', 'index', 'public.parents', 'forgotten',
                           '[{"kind": "index", "sql": "CREATE INDEX forgotten ON public.parents (code)"}]'
                      FROM godwit.migration_runs
                    """
                )
                try holder.execute(Dropped.letGo)
                #expect(await coordinator.exitStatus() == 2, "\(migration.logs)")
                #expect(
                    coordinator.log.contains("off since the load: index forgotten of public.parents"),
                    "\(coordinator.log)"
                )
            }
        }

        @Test func duplicatesBecomeRejectsAsIfTheIndexHadBeenThere() async throws {
            let source = """
                \(Dropped.source);
                UPDATE parent SET code = 'CODE 7' WHERE id IN (107, 207);
                UPDATE parent SET code = 'free' WHERE id IN (300, 301);
                UPDATE parent SET code = NULL WHERE id IN (302, 303)
                """
            try await Dropped.begun(source: source) { migration, coordinator in
                try migration.startWorker("one", slots: 2)
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["children|800|797|3|0", "parents|600|598|2|0"])
                try migration.expect(
                    ["107|refused:23505|t|t|107", "207|refused:23505|t|t|207"],
                    """
                    SELECT source_key, reason, detail LIKE '%constraint parents_code%', detail LIKE '%gave way to legacy key 7',
                           source_row->>'id' FROM godwit.rejects WHERE entity = 'parents' ORDER BY source_key
                    """
                )
                // Of the rows that refer to them, as with any reject.
                try migration.expect(
                    ["orphan|3"],
                    "SELECT reason, count(*) FROM godwit.rejects WHERE entity = 'children' GROUP BY reason"
                )
                try migration.expect(["596"], "SELECT count(*) FROM parents WHERE code LIKE 'code%' OR code IS NULL")
                try migration.expect(["0"], "SELECT count(*) FROM godwit.suspended_objects WHERE restored_at IS NULL")
            }
        }

        @Test func theCircuitBreakerHearsOfDuplicatesBeforeOthersReferToThem() async throws {
            let source = """
                \(Dropped.source);
                UPDATE parent SET code = 'code ' || id % 300;
                UPDATE child SET parent_id = id % 300 + 1
                """
            let run = "shard_rows: 100\ncircuit_breaker: { error_rate: 5%, min_rows: 100 }"
            try await Dropped.begun(source: source, run: run) { migration, coordinator in
                try migration.startWorker("one", slots: 2)
                try await migration.wait(until: "(SELECT status = 'paused' FROM godwit.migration_runs)")
                try migration.expect(
                    ["circuit_breaker|t|0"],
                    """
                    SELECT pause_cause, status_reason LIKE '%300 of 600 rows rejected%',
                           (SELECT count(*) FROM godwit.shards WHERE entity = 'children' AND attempt > 0)
                      FROM godwit.migration_runs
                    """
                )
                try await migration.store.resume(migration.run)
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["children|800|800|0|0", "parents|600|300|300|0"])
            }
        }

        @Test func duplicatesThatSomebodyElsesRowsWouldFollowStay() async throws {
            let source = "\(Dropped.source); UPDATE parent SET code = 'code 7' WHERE id = 107"
            try await Dropped.begun(source: source) { migration, coordinator in
                try migration.execute(
                    .target,
                    """
                    CREATE TABLE notes (parent_id uuid);
                    INSERT INTO notes VALUES (godwit.uuid('parents', 107));
                    ALTER TABLE notes ADD FOREIGN KEY (parent_id) REFERENCES parents (id) ON DELETE CASCADE NOT VALID
                    """
                )
                try migration.startWorker("one")
                #expect(await coordinator.exitStatus() == 2, "\(migration.logs)")
                try migration.expect(["1"], "SELECT count(*) FROM notes")
                try migration.expectTotals(["children|800|800|0|0", "parents|600|600|0|0"])
                try migration.expect(
                    ["parents|index|t"],
                    "SELECT entity, kind, message LIKE '%rows of notes refer to them%' FROM godwit.shards WHERE state = 'failed'"
                )
                try migration.execute(.target, "UPDATE parents SET code = 'another' WHERE legacy_id = 107")
                let restore = try migration.start(["constraints", "restore"])
                #expect(await restore.exitStatus() == 0, "\(restore.log)")
            }
        }

        @Test func aForeignKeyThatDoesNotHoldEndsTheRunWithStatusTwoUntilItsRetry() async throws {
            try await Dropped.begun { migration, coordinator in
                try migration.execute(
                    .target,
                    "INSERT INTO children VALUES (gen_random_uuid(), '00000000-0000-4000-8000-000000000000')"
                )
                try migration.startWorker("one", slots: 2)
                #expect(await coordinator.exitStatus() == 2, "\(migration.logs)")
                try migration.expect(
                    ["validate|failed|rows|23503|1"],
                    """
                    SELECT kind, state, error_class, sql_state, attempt FROM godwit.shards
                     WHERE object_id IS NOT NULL AND state <> 'done'
                    """
                )
                let status = try migration.start(["status"])
                #expect(await status.exitStatus() == 0)
                #expect(status.log.contains("children_parent"), "\(status.log)")
                try migration.execute(.target, "DELETE FROM children WHERE legacy_id IS NULL")
                let retry = try migration.start(["retry", "--failed"])
                _ = await retry.exitStatus()
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.migration_runs WHERE status = 'completed')")
                try Dropped.expectEverything(migration)
            }
        }
    }
}
