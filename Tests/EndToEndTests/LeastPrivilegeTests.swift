import Foundation
import Glibc
import Postgres
import PostgresFixture
import Testing

extension EndToEnd {
    /// The roles of docs/security.md, made by its own SQL.
    @Suite struct LeastPrivilegeTests {
        private static let source = """
            CREATE TABLE thing (id integer PRIMARY KEY, friend_id integer, email text);
            INSERT INTO thing SELECT n, n % 510, CASE WHEN n % 100 = 0 THEN 'e1' ELSE 'e' || n END
              FROM generate_series(1, 500) AS n; ANALYZE
            """
        private static let target = """
            CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TABLE things (id uuid PRIMARY KEY, friend_id uuid, email text UNIQUE, legacy_id bigint UNIQUE);
            CREATE TRIGGER updated_at BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION nothing()
            """
        private static let entities = """
            things:
              from: thing
              to: things
              legacy: legacy_id
              tag: 1
              triggers: suspend
              columns: { friend_id: { ref: things, by: friend_id, on_orphan: null } }
            """

        /// The SQL of the page, each block by the words of its first line.
        private static func documented(_ words: String) throws -> String {
            let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("docs/security.md")
            let blocks = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```sql\n").dropFirst()
            let block = try #require(blocks.first { $0.hasPrefix("-- \(words)") })
            return try #require(block.components(separatedBy: "```").first)
        }

        /// Grants what the page says, in this test's databases.
        private static func grant(in migration: Migration) throws {
            let database = try #require(try migration.value(.target, "SELECT current_database()"))
            try migration.execute(.source, self.documented("On the source"))
            try migration.execute(
                .target,
                """
                CREATE ROLE app_owner NOLOGIN;
                ALTER TABLE things OWNER TO app_owner;
                \(self.documented("On the target").replacingOccurrences(of: "DATABASE modern", with: "DATABASE \(database)"))
                """
            )
        }

        @Test func theDocumentedRolesDoTheirPartAndNoMore() async throws {
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                run: "shard_rows: 60\nchange_log: rows\naudit: table",
                entities: Self.entities
            ) { migration in
                try Self.grant(in: migration)
                try migration.logIn(source: "godwit_reader", target: "godwit_coordinator")
                let coordinator = try migration.startCoordinator()
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.leadership WHERE endpoint IS NOT NULL)")
                try migration.logIn(source: "godwit_reader", target: "alice")
                try migration.start(["pause", "--reason", "lunch"])
                try await migration.wait(until: "(SELECT status FROM godwit.migration_runs) = 'paused'")
                let resume = try migration.start(["resume"])
                #expect(await resume.exitStatus() == 0, "\(resume.log)")
                try migration.logIn(source: "godwit_reader", target: "godwit_writer")
                try self.expectDenied(migration)
                try migration.startWorker("one")
                try migration.startWorker("two")
                // Six equal addresses: the constraint refuses five rows, which are staged and rejected.
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expect(
                    ["500|495|5"],
                    "SELECT sum(source_rows), sum(migrated), sum(rejected) FROM godwit.shards WHERE kind = 'copy'"
                )
                try migration.expect(["O"], "SELECT tgenabled FROM pg_trigger WHERE tgname = 'updated_at'")
                try migration.expect(["t"], "SELECT count(*) > 400 FROM godwit.uuid_mapping_ledger")
            }
        }

        private static func with(_ body: (Migration) async throws -> Void) async throws {
            // Roles outlive databases: the next test has a server of its own, too.
            let server = try PrivateServer()
            try await Migration.with(
                servers: [.source: server, .target: server],
                source: Self.source,
                target: Self.target,
                run: "shard_rows: 60",
                entities: Self.entities
            ) { migration in
                try Self.grant(in: migration)
                try await body(migration)
            }
        }

        /// Runs a command as a role of the target.
        @discardableResult
        private static func run(
            _ arguments: [String],
            as role: String,
            _ migration: Migration,
            expecting status: Int32,
            saying words: [String],
            location: SourceLocation = #_sourceLocation
        ) async throws -> GodwitProcess {
            try migration.logIn(source: "godwit_reader", target: role)
            let process = try migration.start(arguments)
            #expect(await process.exitStatus() == status, "\(process.log)", sourceLocation: location)
            for word in words { #expect(process.log.contains(word), "\(process.log)", sourceLocation: location) }
            return process
        }

        /// Nobody is left with a run that nobody leads, and a command that can't lead it.
        @Test func anOperatorWithoutACoordinatorIsToldWhoseRoleLeads() async throws {
            try await Self.with { migration in
                try migration.logIn(source: "godwit_reader", target: "godwit_coordinator")
                let first = try migration.startCoordinator()
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.leadership WHERE endpoint IS NOT NULL)")
                try await Self.run(["pause"], as: "alice", migration, expecting: 0, saying: [])
                await first.kill()
                let advice = [
                    "godwit coordinator --run \(try migration.run)",
                    "the role godwit_coordinator, which owns the control schema",
                ]
                try await Self.run(["resume"], as: "alice", migration, expecting: 0, saying: advice)
                try migration.expect(["running"], "SELECT status FROM godwit.migration_runs")
                // What was printed is the next command, and leads.
                try migration.logIn(source: "godwit_reader", target: "godwit_coordinator")
                let second = try migration.start(["coordinator", "--run", "\(try migration.run)"])
                try migration.startWorker("one")
                #expect(await second.exitStatus() == 0, "\(migration.logs)")
                let retry = ["retry", "s1", "--force"]
                try await Self.run(retry, as: "alice", migration, expecting: 0, saying: advice)
            }
        }

        @Test func whoLacksARightIsToldWhichRoleHasIt() async throws {
            try await Self.with { migration in
                let plan = migration.planFile.path
                try await Self.run(
                    ["check", "--plan", plan],
                    as: "godwit_writer",
                    migration,
                    expecting: 65,
                    saying: [
                        #"GRANT DELETE ON "public"."things" TO "godwit_writer"; or check with the coordinator's role"#
                    ]
                )
                try await Self.run(
                    ["check", "--plan", plan],
                    as: "godwit_coordinator",
                    migration,
                    expecting: 0,
                    saying: []
                )
                let key = ["keys", "authorize", "rack", String(repeating: "0", count: 40)]
                let missing = "there is no schema godwit in database"
                try await Self.run(
                    key,
                    as: "alice",
                    migration,
                    expecting: 77,
                    saying: [missing, "role of the coordinator comes first"]
                )
                try await Self.run(
                    key,
                    as: "godwit_coordinator",
                    migration,
                    expecting: 0,
                    saying: ["it is godwit_coordinator's"]
                )
                let operators = ["a member of godwit_operator"]
                try await Self.run(["keys", "list"], as: "alice", migration, expecting: 0, saying: ["rack"])
                try await Self.run(["keys", "list"], as: "godwit_writer", migration, expecting: 77, saying: operators)
                try await Self.run(["keys", "list"], as: "godwit_reader", migration, expecting: 77, saying: operators)
                try await Self.run(
                    ["worker", "--name", "w"],
                    as: "godwit_reader",
                    migration,
                    expecting: 77,
                    saying: ["a member of godwit_worker"]
                )
            }
        }

        /// An administrator authorised the first key, and so made the schema.
        @Test func aForeignControlSchemaIsNamedAndCanBeHandedOver() async throws {
            try await Self.with { migration in
                let coordinator = ["coordinator", "--plan", migration.planFile.path]
                let foreign = ["belongs to postgres, and godwit_coordinator is no member of that role", "hand it over"]
                let key = ["keys", "authorize", "rack", String(repeating: "0", count: 40)]
                try await Self.run(key, as: "postgres", migration, expecting: 0, saying: ["it is postgres's"])
                try await Self.run(coordinator, as: "godwit_coordinator", migration, expecting: 77, saying: foreign)
                try await Self.run(
                    ["check", "--plan", migration.planFile.path],
                    as: "godwit_coordinator",
                    migration,
                    expecting: 65,
                    saying: foreign
                )
                try migration.execute(.target, Self.documented("Hands schema godwit over"))
                try migration.logIn(source: "godwit_reader", target: "godwit_coordinator")
                let status = try await migration.migrate()
                #expect(status == 0, "\(migration.logs)")
                try migration.expectSumsToAgree()
            }
        }

        /// What a worker's role must not be able to do with the control schema.
        private func expectDenied(_ migration: Migration) throws {
            let worker = try migration.connect(.target)
            for statement in [
                "UPDATE godwit.leadership SET term = gen_random_uuid()",
                "INSERT INTO godwit.keys (name, public_key) VALUES ('me', repeat('0', 40))",
                "SELECT * FROM godwit.keys",
                "UPDATE godwit.migration_runs SET status = 'completed'",
                "UPDATE godwit.migration_runs SET configuration = '{}'",
                "UPDATE godwit.entities SET stage = 'complete'",
                "UPDATE godwit.shards SET attempt = 0",
                "UPDATE godwit.shards SET worker = 'me', incarnation = gen_random_uuid()",
                "UPDATE godwit.shards SET lower_key = 0",
                "DELETE FROM godwit.shards",
                "SELECT source_row FROM godwit.rejects",
                "UPDATE godwit.workers SET state = 'gone'",
                "UPDATE godwit.workers SET name = 'me', incarnation = gen_random_uuid()",
                "INSERT INTO godwit.events (level, message) VALUES ('info', 'x')",
                "DELETE FROM public.things",
                "ALTER TABLE public.things DISABLE TRIGGER ALL",
                "CREATE TABLE godwit.mine ()",
            ] {
                let error = #expect(throws: PostgresError.self, "\(statement) was allowed") {
                    try worker.execute(statement)
                }
                #expect(error?.sqlState == "42501", "\(statement): \(error.map { "\($0)" } ?? "")")
            }
        }
    }
}
