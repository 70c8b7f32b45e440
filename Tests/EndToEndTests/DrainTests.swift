import Foundation
import Testing

extension EndToEnd {
    /// Workers that operators have leave.
    @Suite struct DrainTests {
        /// Long before the lease expires, its shard is another's; the drained worker's exit status is 0.
        @Test(arguments: [true, false])
        func aDrainedWorkerGivesItsShardBackWithinTenSeconds(isLed: Bool) async throws {
            try await Things.migration { migration in
                try migration.execute(.source, HeldRow.hold)
                var coordinator = try migration.startCoordinator(lease: 60)
                let worker = try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                if !isLed { await coordinator.kill() }
                let start = ContinuousClock.now
                let drain = try migration.start(["drain", "one", "--wait", "--deadline", "2s"])
                #expect(await worker.exitStatus() == 0, "\(migration.logs)")
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                print(
                    "drain with\(isLed ? "" : "out") a coordinator: \(seconds) s from the command to the worker's end"
                )
                #expect(seconds <= 10)
                #expect(await drain.exitStatus() == 0, "\(drain.log)")
                #expect(drain.log.contains("1 worker left after"), "\(drain.log)")
                try await migration.wait(
                    until: "NOT EXISTS (SELECT FROM godwit.shards WHERE state = 'leased')",
                    for: .seconds(5)
                )
                try migration.expect(
                    ["asked to leave by an operator|t|t"],
                    "SELECT message, data ? 'role', data ? 'user' FROM godwit.events WHERE worker = 'one' AND data ? 'deadline_seconds'"
                )
                // It was asked to: that is no failure.
                try migration.expect(
                    ["0"],
                    "SELECT count(*) FROM godwit.events WHERE data ->> 'kind' = 'attempt-failed'"
                )
                try migration.execute(.source, HeldRow.letGo)
                if !isLed { coordinator = try migration.startCoordinator() }
                try migration.startWorker("two")
                // With the last holder the snapshot has gone as well: two of them, and that is said.
                #expect(await coordinator.exitStatus() == (isLed ? 0 : 2), "\(migration.logs)")
                try migration.expectSumsToAgree()
                try migration.expectTotals(["things|500|500|0|0"])
            }
        }

        @Test func aDrainedWorkerFinishesWhatItCan() async throws {
            try await Things.migration { migration in
                try migration.execute(.source, HeldRow.hold)
                let coordinator = try migration.startCoordinator()
                let worker = try migration.startWorker("one")
                try await migration.wait(until: HeldRow.isBlocking, on: .source)
                let drain = try migration.start(["drain", "--all", "--deadline", "60s"])
                #expect(await drain.exitStatus() == 0, "\(drain.log)")
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.workers WHERE state = 'draining')")
                try migration.execute(.source, HeldRow.letGo)
                #expect(await worker.exitStatus() == 0, "\(migration.logs)")
                try migration.expect(
                    ["done|1"],
                    "SELECT state, attempt FROM godwit.shards WHERE lower_key <= 250 AND upper_key > 250"
                )
                try migration.startWorker("two")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|500|500|0|0"])
            }
        }

        /// A coordinator may die after it has recorded the end and before it has sent the workers home.
        @Test func aWorkerWhoseRunHasEndedLeavesByItself() async throws {
            try await Things.migration { migration in
                let coordinator = try migration.startCoordinator()
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.leadership WHERE endpoint IS NOT NULL)")
                try migration.start(["pause"])
                try await migration.wait(until: "(SELECT status FROM godwit.migration_runs) = 'paused'")
                let worker = try migration.startWorker("one")
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.workers WHERE snapshot IS NOT NULL)")
                await coordinator.kill()
                try migration.execute(.target, "UPDATE godwit.migration_runs SET status = 'completed'")
                #expect(await worker.exitStatus() == 0, "\(migration.logs)")
                try migration.expect(["t"], "SELECT left_at IS NOT NULL FROM godwit.workers")
            }
        }

        @Test func whoIsUnknownOrGoneIsNotDrained() async throws {
            try await Things.migration { migration in
                #expect(await (try migration.migrate()) == 0)
                for (arguments, status, text) in [
                    (["nobody"], Int32(64), "the run has no worker nobody"),
                    (["w1"], 1, "worker w1 has left already"),
                    (["--host", "nowhere"], 64, "the run has no worker on host nowhere"),
                    (["--all"], 0, "has no worker there"), ([], 64, "give workers' names"),
                    (["w1", "--deadline", "soon"], 64, "--deadline"),
                ] {
                    let drain = try migration.start(["drain"] + arguments)
                    #expect(await drain.exitStatus() == status, "\(drain.log)")
                    #expect(drain.log.contains(text), "\(drain.log)")
                }
                try migration.expect(["0"], "SELECT count(*) FROM godwit.workers WHERE drain_asked_at IS NOT NULL")
            }
        }
    }
}
