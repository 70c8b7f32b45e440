import Foundation
import Glibc
import Postgres
import Testing

extension EndToEnd {
    /// Local workers that nobody dismisses.
    @Suite struct StoppedWorkerTests {
        /// A process that was started to be a worker, nil while there is none.
        private static func worker(of parent: Int32) throws -> Int32? {
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
                // What is gone again by now is not it.
                guard let pid = Int32(name),
                    let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                    let command = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8),
                    let fields = status.split(separator: ")").last?.split(separator: " "), fields.count > 1
                else { continue }
                if fields[1] == "\(parent)", command.split(separator: "\0").dropFirst().first == "worker" { return pid }
            }
            return nil
        }

        @Test func migrateReturnsThoughAWorkerIsStopped() async throws {
            try await Things.migration { migration in
                // The run can't be over before the worker is found.
                let holder = try migration.connect(.source)
                try holder.execute(HeldRow.hold)
                let migrate = try migration.start([
                    "migrate", "--plan", migration.planFile.path, "--workers", "2", "--slots", "1", "--progress", "off",
                ])
                var stopped: Int32?
                while stopped == nil, migrate.isRunning {
                    stopped = try Self.worker(of: migrate.identifier)
                    try await Task.sleep(for: .milliseconds(2))
                }
                let worker = try #require(stopped)
                // Before it has said HELLO, so that the coordinator does not know it.
                kill(worker, SIGSTOP)
                defer { kill(worker, SIGKILL) }
                try holder.execute(HeldRow.letGo)
                #expect(await migrate.exitStatus() == 0, "\(migration.logs)")
                #expect(migrate.log.contains("godwit: worker process \(worker) does not leave; ending it"))
                try migration.expectTotals(["things|500|500|0|0"])
                #expect(kill(worker, 0) != 0, "worker \(worker) lives on")
            }
        }
    }
}
