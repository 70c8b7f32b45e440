import FoundationEssentials
import Postgres
import PostgresFixture
import Testing

extension EndToEnd {
    /// Triggers that a run had suspended when its coordinator died for good.
    @Suite struct LeftTriggersTests {
        /// A run in its middle, with its trigger off and nobody left.
        private static func abandoned(_ body: (Migration) async throws -> Void) async throws {
            try await Pair.held { migration, letGo in
                let coordinator = try migration.startCoordinator()
                let worker = try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                await coordinator.kill()
                await worker.kill()
                try letGo()
                try migration.expect(["D"], Pair.trigger)
                try await body(migration)
            }
        }

        @Test func cancelSwitchesThemOnWithoutACoordinator() async throws {
            try await Self.abandoned { migration in
                let cancel = try migration.start(["cancel"])
                #expect(await cancel.exitStatus() == 0, "\(cancel.log)")
                #expect(cancel.log.contains("1 trigger switched on again"), "\(cancel.log)")
                try migration.expect(["O"], Pair.trigger)
                try migration.expect(["0"], "SELECT count(*) FROM godwit.suspended_objects WHERE restored_at IS NULL")
                let status = try migration.start(["status"])
                #expect(await status.exitStatus() == 0)
                #expect(!status.log.contains("TRIGGERS OFF"), "\(status.log)")
            }
        }

        @Test func whatAnOperatorMayNotSwitchOnIsSaidAndTheNextRunDoesIt() async throws {
            try await Self.abandoned { migration in
                let role = "left_operator"
                try migration.execute(
                    .target,
                    """
                    CREATE ROLE \(role) LOGIN; GRANT USAGE ON SCHEMA godwit TO \(role);
                    GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA godwit TO \(role)
                    """
                )
                let parameters = try PrivateServer.shared.parameters(
                    database: migration.parameters(of: .target).database,
                    user: role
                )
                let statement = #"ALTER TABLE "public"."parents" ENABLE TRIGGER "updated_at""#
                let asOperator = ["GODWIT_TARGET": parameters.connectionString]
                let cancel = try migration.start(["cancel"], environment: asOperator)
                #expect(await cancel.exitStatus() == 0, "\(cancel.log)")
                #expect(cancel.log.contains("1 trigger still OFF"), "\(cancel.log)")
                #expect(cancel.log.contains(statement), "\(cancel.log)")
                try migration.expect(["D"], Pair.trigger)
                let status = try migration.start(["status"])
                #expect(await status.exitStatus() == 0)
                #expect(status.log.contains("TRIGGERS OFF"), "\(status.log)")
                try migration.execute(.target, "DROP OWNED BY \(role); DROP ROLE \(role); TRUNCATE parents, children")
                let migrate = try migration.start(["migrate", "--plan", migration.planFile.path, "--progress", "off"])
                #expect(await migrate.exitStatus() == 0, "\(migration.logs)")
                try migration.expect(["O"], Pair.trigger)
                // The new run has suspended it for itself.
                try migration.expect(
                    ["1|1", "2|1"],
                    """
                    SELECT run.number, count(object.restored_at) FROM godwit.suspended_objects AS object
                      JOIN godwit.migration_runs AS run ON run.id = object.run_id GROUP BY 1 ORDER BY 1
                    """
                )
                try migration.expect(["600|600"], "SELECT count(*), count(label) FROM parents")
            }
        }
    }
}
