import Postgres
import PostgresFixture
import Scheduling
import Testing

@testable import ControlStore

@Suite struct RetryTests {
    /// Six shards: done, failed, failed, pending, failed, done.
    private func run() async throws -> (fixture: StoreFixture, operator: ControlStore) {
        let fixture = try await StoreFixture(shards: 6)
        for index in [0, 5] { try fixture.finish(try await fixture.grant([fixture.shards[index]])[0]) }
        for index in [1, 2, 4] {
            let granted = try await fixture.grant([fixture.shards[index]])[0]
            try await fixture.fail(granted, sqlState: index == 4 ? "22012" : "XX000")
        }
        return (fixture, ControlStore(parameters: fixture.parameters, applicationName: "test operator"))
    }

    @Test func `a range means the failed shards in it, and both ends must be there`() async throws {
        let (fixture, store) = try await self.run()
        let ids = fixture.shards
        let none = ShardSpan(first: ids[3], last: ids[3])
        for (span, code) in [
            (ShardSpan(first: ids[0], last: ShardID(rawValue: 999_999)), ControlStoreError.Code.notFound),
            (none, .refused), (ShardSpan(first: ids[5], last: ids[5]), .refused),
        ] {
            do {
                try await store.retry(.listed([ShardSpan(first: ids[1], last: ids[1]), span]), in: fixture.run)
                Issue.record("\(span) was retried")
            } catch {
                #expect(error.code == code)
            }
        }
        #expect(try await fixture.state(of: ids[1]) == .failed)
        let retried = try await store.retry(.listed([ShardSpan(first: ids[0], last: ids[3])]), in: fixture.run)
        #expect(retried == [ids[1], ids[2]])
        #expect(try await fixture.state(of: ids[4]) == .failed)
        await #expect(throws: ControlStoreError.self) {
            try await store.retry(.listed([ShardSpan(first: ids[0], last: ids[3])]), in: fixture.run)
        }
    }

    @Test(arguments: [
        (RetryFilter(reason: "22012"), [4]), (RetryFilter(reason: "rows"), [1, 2, 4]),
        (RetryFilter(keys: 199...200), [1, 2]), (RetryFilter(keys: 350...360), []),
        (RetryFilter(reason: "XX000", keys: 0...1000), [1, 2]),
    ])
    func `filters narrow the failed shards down`(filter: RetryFilter, expected: [Int]) async throws {
        let (fixture, store) = try await self.run()
        var filter = filter
        filter.entity = StoreFixture.entity
        #expect(try await store.retry(.matching(filter), in: fixture.run) == expected.map { fixture.shards[$0] })
    }

    @Test func `a finished shard is retried by force only, and only where its table has a key`() async throws {
        let (fixture, store) = try await self.run()
        let observer = try fixture.observer()
        try observer.execute(
            """
            CREATE TABLE public.orders (id uuid, label text, legacy_id bigint);
            UPDATE godwit.migration_runs SET configuration =
                '{"entities": [{"name": "orders", "targetTable": "public.orders", "idColumn": "id",
                                "legacyColumn": "legacy_id", "identity": {"strategy": {"v4": {}}, "owner": "orders"}}]}'
            """
        )
        let done = fixture.shards[0]
        do {
            try await store.retry(.shards([done, fixture.shards[1]]), in: fixture.run, force: true)
            Issue.record("a table without a key was accepted")
        } catch {
            #expect(error.code == .refused)
            #expect(error.message.contains("public.orders has no unique key"))
        }
        // A random UUID is no key by which a row is known again; an index over some rows is none either.
        try observer.execute("ALTER TABLE public.orders ADD PRIMARY KEY (id)")
        try observer.execute("CREATE UNIQUE INDEX ON public.orders (legacy_id) WHERE legacy_id > 0")
        await #expect(throws: ControlStoreError.self) {
            try await store.retry(.shards([done]), in: fixture.run, force: true)
        }
        #expect(try await fixture.state(of: done) == .done)
        #expect(try await fixture.state(of: fixture.shards[1]) == .failed)
        try observer.execute("CREATE UNIQUE INDEX ON public.orders (legacy_id)")
        try await store.retry(.shards([done, fixture.shards[1]]), in: fixture.run, force: true)
        #expect(try await store.mergingShards(of: fixture.run) == [done])
        let granted = try await fixture.grant([done, fixture.shards[1]])
        #expect(granted.map(\.merges) == [true, false])
        try fixture.finish(granted[0])
        #expect(try await store.shard(done).shard.merges == false)
        let kinds = try observer.query(
            "SELECT change_type FROM godwit.migration_change_log WHERE entity_id = '\(done)' ORDER BY processed_timestamp"
        )
        #expect(kinds.rows.map { $0.text(0) } == ["insert", "update"])
    }

    @Test func `a corrected plan is recorded with the retry, or neither is`() async throws {
        let (fixture, store) = try await self.run()
        func correcting(_ number: Int) -> NewPlanRevision {
            NewPlanRevision(
                corrects: number,
                planHash: "hash \(number)",
                planText: "version: 1",
                resolvedPlan: "{\"x\": \(number)}",
                changes: ["orders.status"]
            )
        }
        await #expect(throws: ControlStoreError.self) {
            try await store.retry(.shards([fixture.shards[0]]), in: fixture.run, revision: correcting(1))
        }
        #expect(try await store.planRevisions(of: fixture.run).isEmpty)
        let retried = try await store.retry(.failed, in: fixture.run, revision: correcting(1))
        #expect(retried.count == 3)
        #expect(try await store.currentPlan(fixture.run) == (2, "{\"x\": 1}"))
        // Somebody else was quicker.
        await #expect(throws: ControlStoreError.self) {
            try await store.retry(.shards([fixture.shards[5]]), in: fixture.run, force: true, revision: correcting(1))
        }
        // Nothing is failed any more; what is still to do goes by the correction all the same.
        #expect(try await store.retry(.failed, in: fixture.run, revision: correcting(2)).isEmpty)
        #expect(try await store.planRevisions(of: fixture.run).map(\.number) == [1, 2, 3])
        let events = try await store.events(of: fixture.run)
        #expect(events.map(\.message) == ["shards retried by an operator", "plan corrected by an operator"])
        #expect(events.allSatisfy { $0.data.contains("\"plan_revision\"") })
        // Whoever is granted one of the shards knows which plan it is to be done with.
        try await fixture.store.setStatus(fixture.run, .running)
        #expect(try await fixture.grant(retried).map(\.planRevision) == [3, 3, 3])
    }

    @Test func `who did it is recorded with role, user and host`() async throws {
        let (fixture, store) = try await self.run()
        let alice = Caller(user: "alice", host: "desk")
        try await store.pause(fixture.run, reason: "lunch", by: alice)
        let paused = try await store.run(matching: .id(fixture.run))
        #expect(paused.pauseCause == .byOperator)
        #expect(paused.statusBy == "alice@desk (role postgres)")
        #expect(paused.errorDetails?.contains("godwit resume \(paused.number)") == true)
        try await store.resume(fixture.run, by: alice)
        #expect(try await store.run(matching: .id(fixture.run)).errorDetails == nil)
        try await store.retry(.failed, in: fixture.run, by: alice)
        try await store.cancel(fixture.run, reason: "enough", by: alice)
        let events = try await store.events(of: fixture.run)
        #expect(events.count == 4)
        for event in events {
            for text in ["\"role\": \"postgres\"", "\"user\": \"alice\"", "\"host\": \"desk\""] {
                #expect(event.data.contains(text), "\(event)")
            }
        }
    }

    @Test func `a pause keeps a report whose last line is the next command`() async throws {
        let (fixture, store) = try await self.run()
        let report = try #require(try await fixture.store.pause(fixture.run, .errorStrategy, reason: "s2 failed"))
        let run = try await store.run(matching: .id(fixture.run))
        #expect(report.failedShards == 3)
        #expect(report.lines.last == "godwit retry --failed --run \(run.number)")
        #expect(report.lines.contains { $0.contains("\(fixture.shards[4]) orders rows 22012") })
        #expect(run.pauseCause == .errorStrategy)
        #expect(run.statusBy == nil)
        #expect(run.errorDetails?.contains("\"failed_shards\": 3") == true)
        #expect(try await store.events(of: fixture.run, EventFilter(level: .error)).count == 1)
    }

    @Test(arguments: PauseCause.allCases)
    func `only a pause after a failed shard ends with the retry of failed ones`(cause: PauseCause) async throws {
        let (fixture, store) = try await self.run()
        if cause == .byOperator {
            try await store.pause(fixture.run, reason: "lunch")
        } else {
            _ = try #require(try await fixture.store.pause(fixture.run, cause, reason: "a test"))
        }
        try await store.retry(.failed, in: fixture.run, by: Caller(user: "alice", host: "desk"))
        let run = try await store.run(matching: .id(fixture.run))
        #expect(run.status == (cause == .errorStrategy ? .running : .paused))
        #expect(run.pauseCause == (cause == .errorStrategy ? nil : cause))
        #expect(run.isHeld == [.byOperator, .circuitBreaker, .snapshotAge].contains(cause))
        if cause == .errorStrategy { #expect(run.statusBy == "alice@desk (role postgres)") }
    }

    @Test func `a worker is drained by name, host or with all others, and reads it in its own row`() async throws {
        let (fixture, store) = try await self.run()
        let workers = ["a", "b", "b"]
            .enumerated()
            .map { index, name in
                WorkerRecord(
                    incarnation: .random(),
                    name: WorkerName(rawValue: name),
                    host: "host-\(index)",
                    pid: index,
                    slots: 1,
                    build: "",
                    state: index == 2 ? "gone" : "running"
                )
            }
        try await fixture.store.record(workers, of: fixture.run, exporting: 0)
        let b = WorkerName(rawValue: "b")
        // Long enough for any machine to read it in time.
        let asked = try await store.drain(.named([b]), of: fixture.run, within: .seconds(3_600))
        #expect(asked.map(\.incarnation) == [workers[1].incarnation])
        let request = try #require(try await store.drainRequest(of: workers[1].incarnation))
        #expect(request.remaining > .seconds(1_800) && request.remaining <= .seconds(3_600))
        #expect(try await store.drainRequest(of: workers[0].incarnation) == nil)
        #expect(try await store.drainRequests(of: fixture.run).map(\.incarnation) == [workers[1].incarnation])
        let granted = try await fixture.grant([fixture.shards[3]])[0]
        try await store.leave(workers[1].incarnation, giving: [granted.lease])
        #expect(try await fixture.state(of: granted.shard) == .pending(notBefore: nil))
        #expect(try await store.drainRequests(of: fixture.run).isEmpty)
        await #expect(throws: ControlStoreError.self) {
            try await store.drain(.named([b]), of: fixture.run, within: .seconds(5))
        }
        let unknown = await #expect(throws: ControlStoreError.self) {
            try await store.drain(.named([WorkerName(rawValue: "zoe")]), of: fixture.run, within: .seconds(5))
        }
        #expect(unknown?.message == "the run has no worker zoe; there are a; these have left: b")
        #expect(try await store.drain(.all, of: fixture.run, within: .seconds(5)).map(\.name.rawValue) == ["a"])
        #expect(try await store.drain(.host("host-1"), of: fixture.run, within: .seconds(5)).isEmpty)
    }

    @Test func `a shard that is disturbed again and again is told of`() async throws {
        let fixture = try await StoreFixture(shards: 2)
        let disturb = { (sqlState: String, counts: Bool) async throws in
            let granted = try await fixture.grant([fixture.shards[0]])[0]
            var failure = StoreFixture.failure(of: granted, sqlState: sqlState, message: "no space left")
            failure.errorClass = counts ? "fault" : "surroundings"
            failure.countsAsAttempt = counts
            failure.verdict = .retry(after: .zero)
            try await fixture.store.recordFailure(failure)
        }
        for _ in 1..<Disturbance.least { try await disturb("53100", false) }
        #expect(try await fixture.store.status(of: fixture.run).disturbance == nil)
        try await disturb("53200", false)
        let worst = try #require(try await fixture.store.status(of: fixture.run).disturbance)
        #expect(
            worst
                == Disturbance(
                    shard: fixture.shards[0],
                    entity: StoreFixture.entity,
                    kind: .copy,
                    count: Disturbance.least,
                    sqlState: "53200",
                    message: "no space left",
                    shards: 1
                )
        )
        // While it is tried again, too.
        let granted = try await fixture.grant([fixture.shards[0]])[0]
        #expect(try await fixture.store.status(of: fixture.run).disturbance == worst)
        try fixture.finish(granted)
        #expect(try await fixture.store.status(of: fixture.run).disturbance == nil)
    }

    @Test func `two disturbances that have cost much work are told of, and one is not`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        for (number, seconds) in [90, 20, 45].enumerated() {
            let granted = try await fixture.grant(fixture.shards)[0]
            let begin =
                "UPDATE godwit.attempts SET started_at = started_at - interval '\(seconds) s' WHERE ended_at IS NULL"
            _ = try fixture.observer().query(begin)
            var failure = StoreFixture.failure(of: granted, message: "the connection was lost")
            failure.errorClass = "surroundings"
            failure.countsAsAttempt = false
            failure.verdict = .retry(after: .zero)
            try await fixture.store.recordFailure(failure)
            let told = try await fixture.store.status(of: fixture.run).disturbance
            #expect(told?.count == (number == 0 ? nil : number + 1))
        }
    }

    @Test func `a failure of its own ends a row of disturbances`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        for number in 1...(2 * Disturbance.least - 1) {
            var failure = StoreFixture.failure(of: try await fixture.grant(fixture.shards)[0])
            failure.countsAsAttempt = number == Disturbance.least
            failure.errorClass = failure.countsAsAttempt ? "fault" : "surroundings"
            failure.verdict = .retry(after: .zero)
            try await fixture.store.recordFailure(failure)
        }
        #expect(try await fixture.store.status(of: fixture.run).disturbance == nil)
    }
}
