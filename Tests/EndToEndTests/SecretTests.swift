import Foundation
import PostgresFixture
import Testing

extension EndToEnd {
    /// Passwords are nowhere but where they were put.
    @Suite struct SecretTests {
        private static let planted = ["plantedInUri-7Qx", "plantedInFile-9Zk"]

        private static func commandLines() -> String {
            let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return processes.filter { $0.allSatisfy(\.isNumber) }
                // One that has ended meanwhile has no command line.
                .compactMap { try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8) }
                .joined(separator: "\n")
        }

        private static func expectNone(in text: String, _ place: String, location: SourceLocation = #_sourceLocation) {
            for secret in Self.planted where text.contains(secret) {
                let line = text.split(separator: "\n").first { $0.contains(secret) } ?? ""
                Issue.record("\(place) has a password: \(line.prefix(300))", sourceLocation: location)
            }
        }

        /// The server asks `needs_password` alone; everybody else's password is sent nowhere, and still a secret.
        @Test func noOutputLogArgumentOrRowHasAPassword() async throws {
            try await Migration.with(
                source: """
                    CREATE TABLE thing (id integer PRIMARY KEY, label text);
                    INSERT INTO thing SELECT n, CASE WHEN n = 7 THEN 'x' ELSE 'row ' || n END FROM generate_series(1, 300) AS n;
                    ANALYZE
                    """,
                target: """
                    CREATE TABLE things (id uuid PRIMARY KEY, label text CHECK (label <> 'x'), legacy_id bigint UNIQUE)
                    """,
                entities: "things: { from: thing, to: things, legacy: legacy_id, tag: 1 }"
            ) { migration in
                try migration.execute(
                    .target,
                    "DO $$ BEGIN CREATE ROLE needs_password LOGIN PASSWORD 'another'; EXCEPTION WHEN duplicate_object THEN END $$"
                )
                let environment = try migration.environment(password: Self.planted[0], passfile: Self.planted[1])
                var outputs: [GodwitProcess] = []
                func run(_ arguments: [String], _ change: [String: String] = [:]) async throws -> Int32 {
                    let process = try migration.start(
                        arguments,
                        environment: environment.merging(change) { _, changed in changed }
                    )
                    outputs.append(process)
                    return await process.exitStatus()
                }
                let plan = migration.planFile.path
                // Failures of every kind that has the parameters at hand.
                let target = environment["GODWIT_TARGET"] ?? ""
                let wrongUser = target.replacingOccurrences(of: "postgres:", with: "needs_password:")
                #expect(wrongUser != target)
                #expect(try await run(["check", "--plan", plan], ["GODWIT_TARGET": wrongUser]) == 69)
                let noHost = "postgresql://u:\(Self.planted[0])@nowhere.invalid:5/db?sslmode=verify-full"
                #expect(try await run(["status"], ["GODWIT_TARGET": noHost]) == 69)
                let unencrypted = "postgresql://u:\(Self.planted[0])@nowhere.invalid:5/db"
                #expect(try await run(["migrate", "--plan", plan], ["GODWIT_TARGET": unencrypted]) == 64)
                let unescaped = "postgresql://u:p@\(Self.planted[0])/x@host:5/db"
                #expect(try await run(["keys", "list"], ["GODWIT_TARGET": unescaped]) == 64)
                let unfinished = "host='\(Self.planted[0])"
                #expect(try await run(["worker", "--patience", "1"], ["GODWIT_SOURCE": unfinished]) == 64)
                #expect(try await run(["check", "--plan", plan, "--json"]) == 0)
                // A run that fails half way, and is looked at.
                try migration.execute(.source, "ALTER TABLE thing RENAME TO gone")
                #expect(try await run(["migrate", "--plan", plan]) == 65)
                try migration.execute(.source, "ALTER TABLE gone RENAME TO thing")
                let migrate = try migration.start(
                    ["migrate", "--plan", plan, "--workers", "2", "--log-level", "trace", "--progress", "plain"],
                    environment: environment
                )
                outputs.append(migrate)
                var lines = ""
                while migrate.isRunning {
                    lines += Self.commandLines()
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(lines.contains("coordinator"))
                #expect(await migrate.exitStatus() == 0, "\(migrate.log)")
                for command in ["status", "workers", "events", "shards"] {
                    #expect(try await run([command, "--json"]) == 0)
                }
                Self.expectNone(in: lines, "a command line")
                Self.expectNone(in: try migration.controlSchemaText(), "the control schema")
                for output in outputs { Self.expectNone(in: output.log, "an output") }
                try migration.expectTotals(["things|300|299|1|0"])
            }
        }
    }
}
