import ControlStore
import Foundation
import Testing

extension EndToEnd {
    /// Failed shards whose cause is in the plan, and retries by a corrected one.
    @Suite struct CorrectedPlanTests {
        /// The parent of child 120 is missing.
        private static let source = """
            \(HeldRow.function)
            CREATE TABLE parent (id integer PRIMARY KEY);
            CREATE TABLE child (id integer PRIMARY KEY, parent_id integer);
            CREATE TABLE thing (id integer PRIMARY KEY);
            INSERT INTO parent SELECT generate_series(1, 100);
            INSERT INTO child SELECT n, CASE n WHEN 120 THEN 1120 ELSE n % 100 + 1 END FROM generate_series(1, 400) AS n;
            INSERT INTO thing SELECT generate_series(1, 500);
            ANALYZE
            """
        private static let target = """
            CREATE TABLE parents (id uuid PRIMARY KEY, legacy_id bigint UNIQUE);
            CREATE TABLE children (id uuid PRIMARY KEY, parent_id uuid REFERENCES parents, legacy_id bigint UNIQUE);
            CREATE TABLE things (id uuid PRIMARY KEY, label text, legacy_id bigint UNIQUE)
            """

        private static func entities(onOrphan: String = "fail", tag: Int = 2) -> String {
            """
            parents: { from: parent, to: parents, legacy: legacy_id, tag: 1 }
            children:
              from: child
              to: children
              legacy: legacy_id
              tag: \(tag)
              columns: { parent_id: { ref: parents, by: parent_id, on_orphan: \(onOrphan) } }
            things: { from: thing, to: things, legacy: legacy_id, tag: 3, columns: { label: { sql: "held(id)" } } }
            """
        }

        /// Expects the retried shard to have gone by the correction, and the others by what they were begun with.
        private static func expectEverything(_ migration: Migration) throws {
            try migration.expectSumsToAgree()
            try migration.expectTotals(["children|400|400|0|0", "parents|100|100|0|0", "things|500|500|0|0"])
            try migration.expect(["120"], "SELECT legacy_id FROM children WHERE parent_id IS NULL")
            try migration.expect(
                ["t"],
                """
                SELECT bool_and((plan_revision = 2) = (entity = 'children' AND 120 >= coalesce(lower_key, 120)
                                                       AND 120 < coalesce(upper_key, 121)))
                  FROM godwit.shards WHERE state = 'done' AND entity <> 'things'
                """
            )
        }

        private static func retry(_ migration: Migration, _ arguments: [String]) async throws -> GodwitProcess {
            let retry = try migration.start(
                ["retry"] + arguments + ["--plan", migration.planFile.path, "--progress", "off"]
            )
            _ = await retry.exitStatus()
            return retry
        }

        @Test func aFailedShardIsRetriedByACorrectedPlan() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities()) { migration in
                #expect(try await migration.migrate() == 2, "\(migration.logs)")
                try migration.write(plan: Migration.plan("shard_rows: 100", "ordered", Self.entities(tag: 77)))
                let moving = try await Self.retry(migration, ["--failed"])
                #expect(await moving.exitStatus() == 65)
                #expect(moving.log.contains("children.tag: 2 became 77"), "\(moving.log)")

                // Refused as a whole: without its shards the correction is not recorded either.
                try migration.write(plan: Migration.plan("shard_rows: 100", "ordered", Self.entities(onOrphan: "null")))
                let unknown = try await Self.retry(migration, ["s999999"])
                #expect(await unknown.exitStatus() == 64, "\(unknown.log)")
                try migration.expect(["1|completed"], "SELECT plan_revision, status FROM godwit.migration_runs")

                let retry = try await Self.retry(migration, ["--failed"])
                // The first pool took the snapshot with it, so there are two.
                #expect(await retry.exitStatus() == 2, "\(migration.logs)")
                #expect(
                    retry.log.contains(
                        """
                        the plan is revision 2 now (children.parent_id); rows that are in the target keep what they have
                        run #1: 1 shard to be retried
                        """
                    ),
                    "\(retry.log)"
                )
                try Self.expectEverything(migration)
                try migration.expect(
                    ["1|2"],
                    """
                    SELECT data->>'shards', data->>'plan_revision' FROM godwit.events
                     WHERE message = 'shards retried by an operator'
                    """
                )
            }
        }

        @Test func aLivingCoordinatorGoesByTheCorrectionOfARetry() async throws {
            try await Migration.with(source: Self.source, target: Self.target, entities: Self.entities()) { migration in
                try migration.execute(.source, HeldRow.hold)
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try migration.startWorker("two")
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.shards WHERE state = 'failed')")
                try migration.write(plan: Migration.plan("shard_rows: 100", "ordered", Self.entities(onOrphan: "null")))
                let retry = try await Self.retry(migration, ["--entity", "children"])
                #expect(await retry.exitStatus() == 0, "\(migration.logs)")
                #expect(retry.log.contains("the coordinator goes on with them"), "\(retry.log)")
                try await migration.wait(
                    until: "(SELECT bool_and(state IN ('done', 'split')) FROM godwit.shards WHERE entity = 'children')"
                )
                try migration.execute(.source, HeldRow.letGo)
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Self.expectEverything(migration)
                try migration.expect(
                    ["f|1|2"],
                    "SELECT is_mixed, snapshot_number, plan_revision FROM godwit.migration_runs"
                )
            }
        }
    }
}
