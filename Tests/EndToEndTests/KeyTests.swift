import Foundation
import Testing

extension EndToEnd {
    /// Who may take part in a run, and for how long.
    @Suite struct KeyTests {
        private static func with(_ body: (Keyed) async throws -> Void) async throws {
            try await Things.migration { migration in
                try await body(Keyed(migration))
            }
        }

        /// Keys of two workers on the allow-list, and one of them at work on a shard that waits.
        private static func withBadWorker(
            _ body: (Keyed, _ coordinator: GodwitProcess, _ bad: GodwitProcess) async throws -> Void
        ) async throws {
            try await Self.with { keyed in
                try await keyed.generate(["bad", "good"])
                try await keyed.authorize("bad")
                try await keyed.authorize("good")
                try keyed.migration.execute(.source, HeldRow.hold)
                // A lease that outlives the test, so that nothing comes back by expiring.
                let coordinator = try keyed.startCoordinator(["--lease-seconds", "300"])
                let bad = try keyed.startWorker("bad", "bad-1")
                try await keyed.migration.wait(until: HeldRow.isBlocking, on: .source)
                try await body(keyed, coordinator, bad)
            }
        }

        /// Over every interface, as between hosts; workers are told loopback, the name of this machine may lead nowhere.
        @Test func workersWithKeysWorkAndOthersStayOutside() async throws {
            try await Self.with { keyed in
                let migration = keyed.migration
                try await keyed.generate(["rack", "stranger"])
                try await keyed.authorize("rack")
                let coordinator = try keyed.startCoordinator(["--listen", "tcp://0.0.0.0:*"])
                try await migration.wait(until: "EXISTS (SELECT FROM godwit.leadership WHERE endpoint IS NOT NULL)")
                let stranger = try keyed.startWorker("stranger", "stranger-1", patience: 8)
                let plain = try migration.start(["worker", "--name", "plain", "--patience", "8"])
                #expect(await stranger.exitStatus() == 77, "\(migration.logs)")
                let advice = "godwit keys authorize stranger '\(try keyed.publicKey("stranger"))'"
                #expect(stranger.log.contains(advice), "\(stranger.log)")
                #expect(await plain.exitStatus() == 77, "\(migration.logs)")
                #expect(plain.log.contains("give --key and --coordinator-key"), "\(plain.log)")
                try migration.expect(
                    ["warning|\(try keyed.publicKey("stranger"))"],
                    "SELECT level, data->>'public_key' FROM godwit.events WHERE data->>'kind' = 'key-refused'"
                )
                try migration.expect(["0"], "SELECT count(*) FROM godwit.workers")
                try keyed.startWorker("rack", "rack-1")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|500|500|0|0"])
                try migration.expect(
                    ["rack-1|\(try keyed.publicKey("rack"))"],
                    "SELECT name, public_key FROM godwit.workers"
                )
                let workers = try migration.start(["workers", "--json"])
                #expect(await workers.exitStatus() == 0)
                #expect(workers.log.contains(try keyed.publicKey("rack")), "\(workers.log)")
                #expect(try !keyed.secretsAppear())
            }
        }

        @Test func aRevokedWorkerIsCutOffWithinSeconds() async throws {
            try await Self.withBadWorker { keyed, coordinator, bad in
                let migration = keyed.migration
                let start = ContinuousClock.now
                try await keyed.run(["keys", "revoke", "bad"])
                try await migration.wait(until: "NOT EXISTS (SELECT FROM godwit.shards WHERE state = 'leased')")
                #expect(ContinuousClock.now - start < .seconds(5))
                #expect(await bad.exitStatus() == 77, "\(migration.logs)")
                #expect(ContinuousClock.now - start < .seconds(20))
                #expect(bad.log.contains("revoked"), "\(bad.log)")
                try migration.execute(.source, HeldRow.letGo)
                // Back with the same key it is not let in.
                let again = try keyed.startWorker("bad", "bad-2", patience: 8)
                #expect(await again.exitStatus() == 77, "\(migration.logs)")
                try migration.expect(["0"], "SELECT count(*) FROM godwit.workers WHERE name = 'bad-2'")
                try keyed.startWorker("good", "good")
                #expect(await coordinator.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|500|500|0|0"])
                try migration.expect(["revoked"], "SELECT state FROM godwit.workers WHERE name = 'bad-1'")
                try await Self.expectRevocation(of: "bad-1", migration)
            }
        }

        /// One event, and a state that says so.
        private static func expectRevocation(of worker: String, _ migration: Migration) async throws {
            try migration.expect(
                ["1"],
                "SELECT count(*) FROM godwit.events WHERE worker = '\(worker)' AND data->>'kind' = 'key-revoked'"
            )
            let workers = try migration.start(["workers"])
            #expect(await workers.exitStatus() == 0)
            let line = workers.log.split(separator: "\n").first { $0.hasPrefix(worker) }
            #expect(line?.contains("revoked") == true, "\(workers.log)")
        }

        /// The killed coordinator can't cut it off; the next one does.
        @Test func aKeyRevokedBetweenTwoCoordinatorsHoldsNoShard() async throws {
            try await Self.withBadWorker { keyed, first, bad in
                let migration = keyed.migration
                try keyed.startWorker("good", "good-1")
                try await migration.wait(until: "(SELECT count(snapshot) FROM godwit.workers) = 2")
                try await migration.wait(
                    until: "(SELECT count(*) FROM godwit.shards WHERE state = 'done') >= 1"
                )
                await first.kill()
                try await keyed.run(["keys", "revoke", "bad"])
                let second = try keyed.startCoordinator(["--lease-seconds", "300"])
                try await migration.wait(
                    until: "NOT EXISTS (SELECT FROM godwit.shards WHERE state = 'leased' AND worker = 'bad-1')"
                )
                try migration.execute(.source, HeldRow.letGo)
                #expect(await second.exitStatus() == 0, "\(migration.logs)")
                try migration.expectTotals(["things|500|500|0|0"])
                try await Self.expectRevocation(of: "bad-1", migration)
                bad.signal(SIGTERM)
            }
        }

        @Test func aKeyIsGoodForItsOwnNamesOnly() async throws {
            try await Self.with { keyed in
                let migration = keyed.migration
                try await keyed.generate(["rack", "other"])
                let file = keyed.file("rack.key")
                let wrong = try keyed.startWorker("rack", "other-1")
                #expect(await wrong.exitStatus() == 64)
                chmod(file, 0o644)
                let open = try keyed.startWorker("rack", "rack-1")
                #expect(await open.exitStatus() == 77)
                #expect(open.log.contains("chmod 600"), "\(open.log)")
                chmod(keyed.file("coordinator.key"), 0o640)
                let coordinator = try keyed.startCoordinator()
                #expect(await coordinator.exitStatus() == 77)
                #expect(coordinator.log.contains("chmod 600"), "\(coordinator.log)")
                let exposed = try migration.startCoordinator(["--listen", "tcp://0.0.0.0:*"])
                #expect(await exposed.exitStatus() == 64)
                #expect(exposed.log.contains("without keys"), "\(exposed.log)")
                let secret = try migration.start(["keys", "authorize", "other", keyed.file("other.key")])
                #expect(await secret.exitStatus() == 64)
                #expect(secret.log.contains("give other.pub"), "\(secret.log)")
                let home = migration.planFile.deletingLastPathComponent().path
                let made = try migration.start(["keys", "generate", "--worker", "rack"], environment: ["HOME": home])
                #expect(await made.exitStatus() == 0)
                #expect(made.log.hasPrefix("\(home)/.godwit/keys/rack.key\n"), "\(made.log)")
                // Nothing was changed by any of it.
                try migration.expect(["f"], "SELECT to_regnamespace('godwit') IS NOT NULL")
            }
        }
    }
}
