import Foundation
import Postgres
import Testing

extension EndToEnd {
    /// A row that its worker has no memory for.
    @Suite struct RefusedMemoryTests {
        /// 250 is wide: libpq's buffer takes 64 MiB for it, and the row's own memory 40 MB.
        private static let source = """
            \(HeldRow.function)
            CREATE TABLE thing (id integer PRIMARY KEY, body text);
            INSERT INTO thing SELECT n, 'body ' || n FROM generate_series(240, 259) AS n;
            UPDATE thing SET body = repeat('x', 40000000) WHERE id = 250; ANALYZE
            """
        private static let target = """
            CREATE TABLE things (id uuid PRIMARY KEY, label text, body text, legacy_id bigint UNIQUE)
            """
        private static let entities = """
            things: { from: thing, to: things, legacy: legacy_id, tag: 1, columns: { label: { sql: "held(id)" } } }
            """

        /// The heap, the stacks and whatever else a process writes to.
        ///
        /// https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
        private static func data(of process: Int32) throws -> UInt {
            let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmData:") })
            return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { UInt($0) }) << 10
        }

        /// With so many megabytes beside what it has: no room for libpq's buffer, and none for the row in the other one.
        @Test(arguments: [32, 86])
        func aRowWithoutMemoryFailsItsShardAndTheWorkerLivesOn(megabytes: Int) async throws {
            let sentence = """
                COPY % failed on the source %: this process got no memory for a row of 40000___ bytes. \
                %run.memory_threshold%
                """
            try await Migration.with(
                source: Self.source,
                target: Self.target,
                run: "shard_rows: 4",
                entities: Self.entities
            ) { migration in
                let holder = try migration.connect(.source)
                try holder.execute(HeldRow.hold)
                let coordinator = try migration.startCoordinator()
                let worker = try migration.startWorker("w1")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                let limit = try Self.data(of: worker.identifier) + UInt(megabytes) << 20
                let bound = try Process.run(
                    URL(fileURLWithPath: "/usr/bin/env"),
                    arguments: ["prlimit", "--pid", "\(worker.identifier)", "--data=\(limit)"]
                )
                bound.waitUntilExit()
                #expect(bound.terminationStatus == 0)
                try holder.execute(HeldRow.letGo)
                #expect(await coordinator.exitStatus() == 2, "\(migration.logs)")
                #expect(await worker.exitStatus() == 0, "\(migration.logs)")
                try migration.expect(
                    ["250|251|~"],
                    """
                    SELECT lower_key, upper_key, CASE WHEN message NOT LIKE '\(sentence)' THEN message END
                      FROM godwit.shards WHERE state = 'failed'
                    """
                )
                try migration.expect(["19|240|259"], "SELECT count(*), min(legacy_id), max(legacy_id) FROM things")
                try migration.expect([], "SELECT id FROM godwit.shards WHERE state NOT IN ('done', 'split', 'failed')")
            }
        }
    }
}
