import Foundation
import Glibc
import Postgres
import Testing

extension EndToEnd {
    /// The workers of `godwit migrate` are there before its coordinator leads; what they do until then is nothing.
    @Suite struct PoolStartTests {
        private static func startMigrate(_ migration: Migration) throws -> GodwitProcess {
            try migration.start(["migrate", "--plan", migration.planFile.path, "--progress", "off"])
        }

        /// A worker joins whoever leads, so one that did not wait would work for the other coordinator.
        @Test func workersOfAPoolThatMayNotLeadJoinNobody() async throws {
            try await Pair.held { migration, letGo in
                let coordinator = try migration.startCoordinator()
                try await coordinator.waitForLog("leading")
                let migrate = try Self.startMigrate(migration)
                #expect(await migrate.exitStatus() == 69)
                #expect(migrate.log.components(separatedBy: "another coordinator leads").count == 2, "\(migrate.log)")
                #expect(!migrate.log.contains("worker.id"), "\(migrate.log)")
                try migration.expect(["0"], "SELECT count(*) FROM godwit.workers")
                try letGo()
                try migration.startWorker("one")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
            }
        }

        @Test func workersOfAPoolWhosePlanCannotRunLeaveWithoutAWord() async throws {
            try await Pair.held { migration, _ in
                try migration.connect(.target).execute("DROP TABLE public.children")
                let migrate = try Self.startMigrate(migration)
                #expect(await migrate.exitStatus() == 65)
                #expect(migrate.log.components(separatedBy: "the plan can't run").count == 2, "\(migrate.log)")
                #expect(!migrate.log.contains("worker.id"), "\(migrate.log)")
                try migration.expect(["t"], "SELECT to_regnamespace('godwit') IS NULL")
            }
        }

        /// The lock keeps the coordinator from making the control schema, and so from leading.
        @Test func workersOfAPoolThatIsKilledBeforeItLeadsDoNotStay() async throws {
            try await Pair.held { migration, _ in
                let locker = try migration.connect(.target)
                try locker.execute("SELECT pg_advisory_lock(x'676f64776974'::bigint)")
                let migrate = try Self.startMigrate(migration)
                try await migration.wait(
                    until: """
                        EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                            AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
                        """
                )
                var children: [Int32: String] = [:]
                while children.count < 3 {
                    children = Self.children(of: migrate.identifier)
                    await Task.yield()
                }
                await migrate.kill()
                let workers = children.filter { $0.value.contains("--started-by-pool") }.keys
                #expect(workers.count == 2, "\(children)")
                let deadline = ContinuousClock.now + .seconds(30)
                while workers.contains(where: { Self.isAlive($0) }), ContinuousClock.now < deadline {
                    await Task.yield()
                }
                #expect(!workers.contains { Self.isAlive($0) })
                for (child, _) in children where !workers.contains(child) { kill(child, SIGKILL) }
            }
        }

        /// Process ids and arguments.
        private static func children(of process: Int32) -> [Int32: String] {
            var found: [Int32: String] = [:]
            let threads = "/proc/\(process)/task"
            for thread in (try? FileManager.default.contentsOfDirectory(atPath: threads)) ?? [] {
                let list = (try? String(contentsOfFile: "\(threads)/\(thread)/children", encoding: .utf8)) ?? ""
                for child in list.split(whereSeparator: \.isWhitespace).compactMap({ Int32($0) }) {
                    let words = (try? String(contentsOfFile: "/proc/\(child)/cmdline", encoding: .utf8)) ?? ""
                    // Before it is this program it is a copy of the one that starts it.
                    if words.contains("coordinator") || words.contains("--started-by-pool") { found[child] = words }
                }
            }
            return found
        }

        /// Whether it runs; one that has ended and that nobody has asked for its status does not.
        private static func isAlive(_ process: Int32) -> Bool {
            guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let state = text.split(separator: ")").last?.split(separator: " ").first
            else { return false }
            return state != "Z" && state != "X"
        }
    }
}
