import ControlStore
import Postgres
import PostgresFixture
import Scheduling
import Testing

@Suite struct LeaseTests {
    @Test func `a granted shard is leased, once`() async throws {
        let fixture = try await StoreFixture(shards: 3)
        let granted = try await fixture.grant(fixture.shards)
        #expect(granted.map(\.shard) == fixture.shards)
        #expect(granted.map(\.attempt) == [1, 1, 1])
        #expect(granted[1].range == KeyRange(lower: 100, upper: 200))
        #expect(try await fixture.grant(fixture.shards).isEmpty)
    }

    @Test func `a paused run grants nothing`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        try await fixture.store.setStatus(fixture.run, .paused, reason: "operator")
        #expect(try await fixture.grant(fixture.shards).isEmpty)
        try await fixture.store.setStatus(fixture.run, .running)
        #expect(try await fixture.grant(fixture.shards).count == 1)
    }

    @Test func `a fence makes the shard done and closes everything about it`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let granted = try await fixture.grant(fixture.shards)
        try fixture.finish(granted[0], presence: [1, 2, 0xff])
        #expect(try await fixture.state(of: fixture.shards[0]) == .done)
        let observer = try fixture.observer()
        let row = try #require(
            try observer.query(
                """
                SELECT (SELECT outcome FROM godwit.attempts), (SELECT presence FROM godwit.shard_presence),
                       (SELECT change_data->>'migrated' FROM godwit.migration_change_log)
                """
            )
            .first
        )
        #expect(row.text(0) == "done")
        #expect(row.bytes(1) == [1, 2, 0xff])
        #expect(row.text(2) == "98")
    }

    @Test func `a zombie's fence gets nothing after its shard was granted again`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let first = try await fixture.grant(fixture.shards, ttl: .zero)
        let zombie = try Connection(fixture.parameters, role: .target, applicationName: "nameless zombie")
        try zombie.execute("BEGIN")
        #expect(try await fixture.store.expireLeases(of: fixture.run).map(\.lease) == [first[0].lease])
        let second = try await fixture.grant(fixture.shards)
        #expect(second[0].attempt == 2)
        #expect(try StoreFixture.fence(first[0], on: zombie) == false)
        try zombie.execute("ROLLBACK")
        try fixture.finish(second[0])
        #expect(try await fixture.state(of: fixture.shards[0]) == .done)
    }

    @Test func `expiry ends the backend of a worker that stopped between fence and commit`() async throws {
        let fixture = try await StoreFixture(shards: 2)
        let granted = try await fixture.grant(fixture.shards, ttl: .zero)
        let stopped = try fixture.slot(granted[0].lease)
        try stopped.execute("BEGIN")
        #expect(try StoreFixture.fence(granted[0], on: stopped))
        let expired = try await fixture.store.expireLeases(of: fixture.run)
        #expect(expired.map(\.shard) == fixture.shards)
        #expect(throws: PostgresError.self) { try stopped.commit() }
        let isBroken = stopped.isBroken
        #expect(isBroken)
        #expect(try await fixture.state(of: fixture.shards[0]) == .pending(notBefore: nil))
    }

    @Test func `expiry waits for nobody who holds the row's lock under another name`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let granted = try await fixture.grant(fixture.shards, ttl: .zero)
        let nameless = try Connection(fixture.parameters, role: .target, applicationName: "nameless")
        try nameless.execute("BEGIN")
        #expect(try StoreFixture.fence(granted[0], on: nameless))
        #expect(try await fixture.store.expireLeases(of: fixture.run).isEmpty)
        try nameless.commit()
        #expect(try await fixture.state(of: fixture.shards[0]) == .done)
    }

    @Test func `a session that may not be ended keeps its shard, which the operator hears of once`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let granted = try await fixture.grant(fixture.shards, ttl: .zero)
        let slot = try fixture.slot(granted[0].lease)
        let leader = try await fixture.leader(as: "powerless_leader")
        for _ in 1...2 { #expect(try await leader.expireLeases(of: fixture.run).isEmpty) }
        let reports = try await leader.events(of: fixture.run, EventFilter(level: .error))
        #expect(
            reports.map(\.message) == [
                "may not end sessions of the workers' role: GRANT postgres TO powerless_leader"
            ]
        )
        #expect(reports.first?.data.contains(#""kind": "\#(EventKind.sessionsForbidden.rawValue)""#) == true)
        try slot.execute("SELECT 1")
    }

    @Test func `leases that are renewed don't expire, those of others are not renewed`() async throws {
        let fixture = try await StoreFixture(shards: 2)
        let granted = try await fixture.grant(fixture.shards, ttl: .zero)
        let worker = ControlStore(parameters: fixture.parameters, applicationName: "test worker")
        let stranger = LeaseID.random()
        let held = try await worker.renew([granted[0].lease, stranger], ttl: StoreFixture.ttl)
        #expect(held == [granted[0].lease])
        #expect(try await fixture.store.expireLeases(of: fixture.run).map(\.shard) == [fixture.shards[1]])
        #expect(try await worker.renew(granted.map(\.lease), ttl: StoreFixture.ttl) == [granted[0].lease])
    }

    @Test func `a renewal passes a slot that has fenced and not yet committed`() async throws {
        let fixture = try await StoreFixture(shards: 2)
        let granted = try await fixture.grant(fixture.shards)
        let slot = try fixture.slot(granted[0].lease)
        try slot.execute("BEGIN")
        #expect(try StoreFixture.fence(granted[0], on: slot))
        let worker = ControlStore(parameters: fixture.parameters, applicationName: "test worker")
        #expect(try await worker.renew(granted.map(\.lease), ttl: StoreFixture.ttl) == Set(granted.map(\.lease)))
        try slot.commit()
        #expect(try await worker.renew(granted.map(\.lease), ttl: StoreFixture.ttl) == [granted[1].lease])
    }

    @Test func `a shard given back has used up no attempt`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let granted = try await fixture.grant(fixture.shards)
        #expect(try await fixture.store.release(granted.map(\.lease)) == [granted[0].lease])
        #expect(try await fixture.store.release(granted.map(\.lease)).isEmpty)
        #expect(try await fixture.state(of: fixture.shards[0]) == .pending(notBefore: nil))
        let row = try fixture.observer().query("SELECT failed_attempts, outcome FROM godwit.shards, godwit.attempts")
            .first
        #expect(row?.integer(0) == 0)
        #expect(row?.text(1) == "released")
    }

    @Test func `a dead worker's leases are reclaimed before they expire`() async throws {
        let fixture = try await StoreFixture(shards: 2)
        let dead = Incarnation.random()
        let granted = try await fixture.grant([fixture.shards[0]], to: dead)
        _ = try await fixture.grant([fixture.shards[1]])
        #expect(try await fixture.store.reclaim([dead]).map(\.lease) == [granted[0].lease])
    }

    @Test func `failures end in a later retry or for good, and only for the lease that has the shard`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let first = try await fixture.grant(fixture.shards)[0]
        var failure = FailedAttempt(
            shard: first.shard,
            lease: first.lease,
            errorClass: "connection",
            countsAsAttempt: false,
            sqlState: "08006",
            message: "gone",
            verdict: .retry(after: .seconds(3600))
        )
        #expect(try await fixture.store.recordFailure(failure))
        #expect(try await fixture.store.recordFailure(failure) == false)
        guard case .pending(let time?) = try await fixture.state(of: first.shard) else {
            Issue.record("the shard should wait")
            return
        }
        #expect(time > .now + .seconds(3000))
        let second = try await fixture.grant(fixture.shards)[0]
        failure.lease = second.lease
        failure.countsAsAttempt = true
        failure.verdict = .fail
        #expect(try await fixture.store.recordFailure(failure))
        #expect(try await fixture.state(of: first.shard) == .failed)
        let row = try fixture.observer()
            .query(
                "SELECT failed_attempts, attempt, (SELECT string_agg(outcome, ' ' ORDER BY number) FROM godwit.attempts)"
                    + " FROM godwit.shards"
            )
            .first
        #expect(row?.integer(0) == 1)
        #expect(row?.integer(1) == 2)
        #expect(row?.text(2) == "disturbed failed")
    }

    @Test func `an unknown outcome is settled by the shard row`() async throws {
        let fixture = try await StoreFixture(shards: 2)
        let granted = try await fixture.grant(fixture.shards)
        let store = fixture.store
        #expect(try await store.settle(granted[0].shard, lease: granted[0].lease) == .stillLeased)
        try fixture.finish(granted[0])
        #expect(try await store.settle(granted[0].shard, lease: granted[0].lease) == .done)
        #expect(try await store.settle(granted[0].shard, lease: .random()) == .lost)
        try await store.release([granted[1].lease])
        #expect(try await store.settle(granted[1].shard, lease: granted[1].lease) == .lost)
    }

    @Test func `settling waits for a commit that is still under way`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let granted = try await fixture.grant(fixture.shards)[0]
        let slot = try fixture.slot(granted.lease)
        try slot.execute("BEGIN")
        #expect(try StoreFixture.fence(granted, on: slot))
        let settling = ControlStore(parameters: fixture.parameters, applicationName: "settling")
        async let outcome = settling.settle(granted.shard, lease: granted.lease)
        let observer = try fixture.observer()
        var isWaiting = false
        while !isWaiting {
            let waiting =
                "SELECT FROM pg_stat_activity WHERE application_name = 'settling' AND wait_event_type = 'Lock'"
                + " AND datname = current_database()"
            isWaiting = try !observer.query(waiting).isEmpty
            await Task.yield()
        }
        try slot.commit()
        #expect(try await outcome == .done)
    }
}
