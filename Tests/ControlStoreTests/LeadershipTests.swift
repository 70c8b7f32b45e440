import ControlStore
import Postgres
import PostgresFixture
import Scheduling
import Testing

@Suite struct LeadershipTests {
    @Test func `only one store leads, and the next follows at once when it is gone`() async throws {
        let parameters = try PrivateServer.shared.createDatabase()
        let first = ControlStore(parameters: parameters, applicationName: "first")
        let second = ControlStore(parameters: parameters, applicationName: "second")
        try await first.install()
        let term = try #require(try await first.tryLead(host: "a", pid: 1))
        #expect(try await first.tryLead(host: "a", pid: 1) == term)
        #expect(try await second.tryLead(host: "b", pid: 2) == nil)
        try await first.stopLeading()
        let next = try #require(try await second.tryLead(host: "b", pid: 2))
        #expect(next != term)
        #expect(try await first.tryLead(host: "a", pid: 1) == nil)
    }

    @Test func `anybody sees whether somebody leads, and who`() async throws {
        let parameters = try PrivateServer.shared.createDatabase()
        let leader = ControlStore(parameters: parameters, applicationName: "leader")
        let onlooker = ControlStore(parameters: parameters, applicationName: "onlooker")
        try await leader.install()
        #expect(try await !onlooker.isLed())
        _ = try #require(try await leader.tryLead(host: "a", pid: 7))
        #expect(try await onlooker.isLed())
        #expect(try await !onlooker.isLed(byHost: "a", pid: 7), "it listens nowhere yet")
        try await leader.announce(endpoint: "tcp://127.0.0.1:7400", leading: .random())
        #expect(try await onlooker.isLed(byHost: "a", pid: 7))
        #expect(try await !onlooker.isLed(byHost: "a", pid: 8))
        try await leader.stopLeading()
        #expect(try await !onlooker.isLed())
        #expect(try await !onlooker.isLed(byHost: "a", pid: 7))
    }

    @Test func `a lost connection is a lost term`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        try fixture.observer()
            .query(
                "SELECT pg_terminate_backend(backend_pid, 5000) FROM godwit.leadership"
            )
        await #expect(throws: ControlStoreError.self) { try await fixture.store.confirmLeadership() }
        #expect(await !fixture.store.isLeading)
        do {
            try await fixture.store.setStatus(fixture.run, .paused)
            Issue.record("a deposed coordinator wrote")
        } catch {
            #expect(error.code == .termLost)
        }
        #expect(try await fixture.store.tryLead(host: "here", pid: 1) != nil)
        try await fixture.store.setStatus(fixture.run, .paused)
    }

    @Test func `a term that another one replaced writes nothing`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        try fixture.observer().query("UPDATE godwit.leadership SET term = gen_random_uuid()")
        do {
            _ = try await fixture.grant(fixture.shards)
            Issue.record("a deposed coordinator granted")
        } catch let error as ControlStoreError {
            #expect(error.code == .termLost)
        }
        #expect(await !fixture.store.isLeading)
        #expect(try await fixture.state(of: fixture.shards[0]) == .pending(notBefore: nil))
    }

    @Test func `a store without a term opens its connection again after a loss`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let worker = ControlStore(parameters: fixture.parameters, applicationName: "doomed")
        let lease = try await fixture.grant(fixture.shards)[0].lease
        #expect(try await worker.renew([lease], ttl: StoreFixture.ttl) == [lease])
        try fixture.observer()
            .query(
                """
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                 WHERE application_name = 'doomed' AND datname = current_database()
                """
            )
        do {
            _ = try await worker.renew([lease], ttl: StoreFixture.ttl)
            Issue.record("a dead session renewed")
        } catch {
            #expect(error.isTransient)
            #expect(error.code == .database)
        }
        #expect(try await worker.renew([lease], ttl: StoreFixture.ttl) == [lease])
    }

    @Test func `a leader that renews stays, one that is silent loses its session and the lock`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let keeper = ControlStore(parameters: fixture.parameters, applicationName: "keeper")
        let standby = ControlStore(parameters: fixture.parameters, applicationName: "standby")
        let term = try #require(try await fixture.store.tryLead(host: "here", pid: 1))
        let observer = try fixture.observer()
        try observer.query("UPDATE godwit.leadership SET renewed_at = clock_timestamp() - interval '16 s'")
        #expect(try await keeper.renewLeadership(term))
        #expect(try await standby.deposeSilentLeader(after: .seconds(15)) == nil)
        #expect(try await standby.tryLead(host: "there", pid: 2) == nil)
        try observer.query("UPDATE godwit.leadership SET renewed_at = clock_timestamp() - interval '16 s'")
        let deposed = try #require(try await standby.deposeSilentLeader(after: .seconds(15)))
        #expect(deposed.hasPrefix("here, process 1, silent for 16"))
        let next = try #require(try await standby.tryLead(host: "there", pid: 2))
        #expect(next != term)
        #expect(try await !keeper.renewLeadership(term))
        #expect(try await standby.deposeSilentLeader(after: .seconds(15)) == nil)
        do {
            try await fixture.store.setStatus(fixture.run, .paused)
            Issue.record("a deposed coordinator wrote")
        } catch {
            #expect(error.isTransient || error.code == .termLost)
        }
        #expect(try await fixture.store.tryLead(host: "here", pid: 1) == nil)
    }

    @Test func `a new leader is not taken for the silent one before it`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        try await fixture.store.stopLeading()
        let observer = try fixture.observer()
        try observer.query(
            "UPDATE godwit.leadership SET renewed_at = clock_timestamp() - interval '1 h', backend_pid = 1"
        )
        // Between the lock and the row, as every leader is for a moment.
        try observer.query("SELECT pg_advisory_lock(\(0x4744_574c_4541_4431))")
        let standby = ControlStore(parameters: fixture.parameters, applicationName: "standby")
        #expect(try await standby.deposeSilentLeader(after: .seconds(15)) == nil)
        #expect(try await standby.tryLead(host: "there", pid: 2) == nil)
    }

    @Test func `a new term listens nowhere yet, and keeps what the one before led`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        try await fixture.store.announce(endpoint: "tcp://127.0.0.1:7400", leading: fixture.run)
        try await fixture.store.stopLeading()
        let next = ControlStore(parameters: fixture.parameters, applicationName: "next")
        _ = try #require(try await next.tryLead(host: "there", pid: 2))
        #expect(try await next.coordinatorEndpoint() == nil)
        #expect(try await next.ledRun() == fixture.run)
    }

    @Test func `a coordinator ends its own lost session, and nobody else's`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let term = try #require(try await fixture.store.tryLead(host: "here", pid: 1))
        // The same process over a new connection, as after a cut of the network.
        let again = ControlStore(parameters: fixture.parameters, applicationName: "again")
        let next = try #require(try await again.resumeLeading(after: term, host: "here", pid: 1))
        #expect(next != term)
        // Its term is over: what leads now is another's.
        let late = ControlStore(parameters: fixture.parameters, applicationName: "late")
        #expect(try await late.resumeLeading(after: term, host: "here", pid: 1) == nil)
        try await again.confirmLeadership()
    }
}
