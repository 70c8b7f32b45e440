import Postgres
import Testing

extension EndToEnd {
    /// DDL on the source in the middle of a run.
    @Suite struct BlockedSourceTests {
        private static let isWaiting = """
            EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '\(Alteration.name)' AND wait_event_type = 'Lock'
                       AND datname = current_database())
            """

        @Test func whoeverHoldsTheReadersUpIsNamedOnce() async throws {
            try await Pair.held { migration, letGo in
                let coordinator = try migration.startCoordinator()
                try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                // It waits for the snapshot's holders, and the first reader of the table waits behind it.
                let alteration = Alteration(migration.parameters(of: .source))
                let altered = Task { try await alteration.run() }
                try await migration.wait(until: Self.isWaiting, on: .source)
                try letGo()
                try await migration.wait(
                    until:
                        "(SELECT count(*) FROM godwit.attempts WHERE sql_state = '55P03' AND outcome = 'disturbed') > 1",
                    for: .seconds(90)
                )
                try migration.expect(["0"], "SELECT sum(failed_attempts) FROM godwit.shards")
                try migration.expect(
                    ["0"],
                    "SELECT count(*) FROM godwit.events WHERE data ->> 'kind' = 'attempt-failed'"
                )
                let pid = try #require(
                    try migration.value(
                        .source,
                        """
                        SELECT pid FROM pg_stat_activity
                         WHERE application_name = '\(Alteration.name)' AND datname = current_database()
                        """
                    )
                )
                try migration.expect(
                    ["warning|public.child|t|f"],
                    """
                    SELECT level, data ->> 'blocked_table',
                           message LIKE 'session \(pid) (\(Alteration.name)) %: ALTER TABLE public.child ADD COLUMN extra%',
                           message LIKE '%secret%'
                      FROM godwit.events WHERE data ->> 'kind' = 'source-blocked'
                    """
                )
                let status = try migration.start(["status"])
                #expect(await status.exitStatus() == 0)
                #expect(status.log.contains("SOURCE BLOCKED: session \(pid)"), "\(status.log)")
                try migration.execute(.source, "SELECT pg_cancel_backend(\(pid))")
                #expect(try await altered.value == false)
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try Pair.expectEverything(migration)
            }
        }
    }
}

/// A session that changes a table, on a thread of its own.
private actor Alteration {
    static let name = "test alteration"

    private nonisolated let executor = BlockingExecutor(label: "test.alteration")
    private let parameters: ConnectionParameters

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(_ parameters: ConnectionParameters) {
        self.parameters = parameters
    }

    /// - Returns: Whether it got the table.
    func run() throws -> Bool {
        let connection = try Connection(self.parameters, role: .control, applicationName: Self.name)
        let value = String(repeating: "long ", count: 20) + "secret"
        do {
            try connection.execute("ALTER TABLE public.child ADD COLUMN extra text DEFAULT '\(value)'")
            return true
        } catch {
            return false
        }
    }
}
