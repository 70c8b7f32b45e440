import ControlStore
import Postgres
import PostgresFixture
import Scheduling
import Testing

@Suite struct OperatorTests {
    /// A run whose first shard is done, whose second has failed, whose third is pending, and a store without a term.
    private func ended() async throws -> (fixture: StoreFixture, operator: ControlStore) {
        let fixture = try await StoreFixture(shards: 3)
        let granted = try await fixture.grant(Array(fixture.shards[..<2]))
        try fixture.finish(granted[0])
        try await fixture.fail(granted[1])
        let store = ControlStore(parameters: fixture.parameters, applicationName: "test operator")
        return (fixture, store)
    }

    @Test func `retry takes failed shards only, and all or none`() async throws {
        let (fixture, store) = try await self.ended()
        for (shards, code) in [
            ([fixture.shards[1], fixture.shards[0]], ControlStoreError.Code.refused),
            ([fixture.shards[1], fixture.shards[2]], .refused),
            ([fixture.shards[1], ShardID(rawValue: 999_999)], .notFound),
        ] {
            do {
                try await store.retry(.shards(shards), in: fixture.run)
                Issue.record("\(shards) were retried")
            } catch {
                #expect(error.code == code)
                #expect(error.message.contains(shards[1].description))
            }
        }
        #expect(try await fixture.state(of: fixture.shards[1]) == .failed)
        #expect(try await store.retry(.shards([fixture.shards[1]]), in: fixture.run) == [fixture.shards[1]])
        let (shard, attempts) = try await store.shard(fixture.shards[1])
        #expect(shard.state == .pending)
        #expect(shard.failedAttempts == 0)
        #expect(shard.attempt == 1)
        #expect(attempts.map(\.outcome) == ["failed"])
        #expect(try await store.events(of: fixture.run).map(\.message) == ["shards retried by an operator"])
    }

    @Test func `retry of a run that had ended leaves it to be resumed`() async throws {
        let (fixture, store) = try await self.ended()
        try await fixture.store.setStage(of: StoreFixture.entity, in: fixture.run, .complete)
        try await fixture.store.setStatus(fixture.run, .completed)
        #expect(try await store.retry(.entity(StoreFixture.entity), in: fixture.run) == [fixture.shards[1]])
        #expect(try await store.unfinishedRun(planName: "dispatch")?.status == .paused)
        #expect(try await store.entities(of: fixture.run).map(\.stage) == [.copying])
        #expect(try await store.retry(.failed, in: fixture.run).isEmpty)
        await #expect(throws: ControlStoreError.self) {
            try await store.retry(.entity(EntityName(rawValue: "nobody")), in: fixture.run)
        }
    }

    @Test func `pause and resume say when there is nothing to do`() async throws {
        let (fixture, store) = try await self.ended()
        try await store.pause(fixture.run, reason: "lunch")
        try await store.pause(fixture.run, reason: "lunch")
        #expect(try await store.run(matching: .latest).statusReason == "lunch")
        try await store.resume(fixture.run)
        #expect(try await store.run(matching: .latest).status == .running)
        try await fixture.store.setStatus(fixture.run, .completed)
        let refusal = await #expect(throws: ControlStoreError.self) {
            try await store.pause(fixture.run, reason: "lunch")
        }
        #expect(refusal?.message == "run #1 is completed: nothing to pause")
    }

    @Test func `a cancelled run's leases are void, and its shards stay as they are`() async throws {
        let (fixture, store) = try await self.ended()
        let granted = try await fixture.grant([fixture.shards[2]])[0]
        let slot = try fixture.slot(granted.lease)
        try slot.execute("BEGIN")
        try await store.cancel(fixture.run, reason: "no more")
        #expect(try StoreFixture.fence(granted, on: slot) == false)
        #expect(try await store.shard(granted.shard).attempts.map(\.outcome) == ["cancelled"])
        #expect(try await fixture.grant([fixture.shards[2]]).isEmpty)
        try await fixture.store.setStatus(fixture.run, .running)
        #expect(try await store.run(matching: .latest).status == .cancelled)
        await #expect(throws: ControlStoreError.self) { try await store.retry(.failed, in: fixture.run) }
    }

    @Test func `no grant slips past a cancellation that is being written`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let session = try fixture.observer()
        try session.execute("BEGIN")
        _ = try session.query("UPDATE godwit.migration_runs SET status = 'cancelled'")
        let watcher = try fixture.observer()
        async let granted = fixture.grant(fixture.shards)
        // Until the grant waits for the cancellation, or has taken no notice of it.
        let sign = """
            SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
             UNION ALL SELECT FROM godwit.shards WHERE state = 'leased'
            """
        while try watcher.query(sign).isEmpty { await Task.yield() }
        try session.commit()
        #expect(try await granted.isEmpty)
    }

    @Test func `no fence holds after a cancellation, also where it passed a lease by`() async throws {
        let fixture = try await StoreFixture(shards: 2)
        let store = ControlStore(parameters: fixture.parameters, applicationName: "test operator")
        let granted = try await fixture.grant(fixture.shards)
        // As a renewal does, which holds its rows' locks until it is committed.
        let renewal = try fixture.observer()
        try renewal.execute("BEGIN")
        try renewal.execute("SELECT FROM godwit.shards WHERE id = \(granted[0].shard.rawValue) FOR UPDATE")
        try await store.cancel(fixture.run, reason: "no more")
        try renewal.commit()
        #expect(try await fixture.state(of: granted[0].shard) != .pending(notBefore: nil))
        let slot = try fixture.slot(granted[0].lease)
        try slot.execute("BEGIN")
        #expect(try StoreFixture.fence(granted[0], on: slot) == false)
    }

    @Test func `a run that was given more to do is not completed`() async throws {
        let (fixture, store) = try await self.ended()
        #expect(try await fixture.store.complete(fixture.run, reason: "done") == false)
        try fixture.finish(try await fixture.grant([fixture.shards[2]])[0])
        try await store.retry(.failed, in: fixture.run)
        #expect(try await fixture.store.complete(fixture.run, reason: "done") == false)
        #expect(try await store.run(matching: .latest).status == .running)
        try fixture.finish(try await fixture.grant([fixture.shards[1]])[0])
        #expect(try await fixture.store.complete(fixture.run, reason: "done"))
        #expect(try await store.run(matching: .latest).status == .completed)
    }

    @Test func `a run that was cancelled is not completed`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let store = ControlStore(parameters: fixture.parameters, applicationName: "test operator")
        try fixture.finish(try await fixture.grant(fixture.shards)[0])
        try await store.cancel(fixture.run, reason: "no more")
        #expect(try await fixture.store.complete(fixture.run, reason: "done") == false)
        #expect(try await store.run(matching: .latest).status == .cancelled)
    }

    @Test func `a retry waits for the end that is being recorded, and opens the run again`() async throws {
        let (fixture, store) = try await self.ended()
        let session = try fixture.observer()
        try session.execute("BEGIN")
        _ = try session.query("UPDATE godwit.migration_runs SET status = 'completed'")
        let watcher = try fixture.observer()
        async let retried = store.retry(.failed, in: fixture.run)
        let sign = """
            SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
             UNION ALL SELECT FROM godwit.shards WHERE id = \(fixture.shards[1].rawValue) AND state = 'pending'
            """
        while try watcher.query(sign).isEmpty { await Task.yield() }
        try session.commit()
        #expect(try await retried == [fixture.shards[1]])
        #expect(try await fixture.store.run(matching: .latest).status == .paused)
    }

    @Test func `a coordinator's pause leaves an operator's alone`() async throws {
        let (fixture, store) = try await self.ended()
        try await store.pause(fixture.run, reason: "lunch")
        _ = try await fixture.store.pause(fixture.run, .circuitBreaker, reason: "too many")
        var run = try await store.run(matching: .latest)
        #expect(run.statusReason == "lunch")
        #expect(run.pauseCause == .byOperator)
        try await store.resume(fixture.run)
        _ = try await fixture.store.pause(fixture.run, .circuitBreaker, reason: "too many")
        run = try await store.run(matching: .latest)
        #expect(run.pauseCause == .circuitBreaker)
    }
}
