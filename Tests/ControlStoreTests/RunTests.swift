import ControlStore
import Postgres
import PostgresFixture
import Scheduling
import Testing

@Suite struct RunTests {
    @Test func `a run is found by its number, the beginning of its id, or as the latest`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        let store = fixture.store
        let other = try await store.createRun(
            NewRun(name: "other", planHash: "d", planText: "", resolvedPlan: "{}", sourceSystem: nil)
        )
        let prefix = String(fixture.run.description.prefix(12))
        #expect(try await store.run(matching: .prefix(prefix)).id == fixture.run)
        #expect(try await store.run(matching: .prefix("#1")).id == fixture.run)
        #expect(try await store.run(matching: .latest).id == other.id)
        #expect(try await store.runs().map(\.id) == [other.id, fixture.run])
        for selector in [RunSelector.prefix("%"), .prefix("zz"), .id(.random())] {
            await #expect(throws: ControlStoreError.self) { try await store.run(matching: selector) }
        }
        do {
            _ = try await store.run(matching: .prefix(""))
            Issue.record("an ambiguous prefix was accepted")
        } catch {
            #expect(error.code == .ambiguous)
        }
    }

    @Test func `a run keeps its plan and what it was made with`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        let run = try await fixture.store.run(matching: .id(fixture.run))
        #expect(run.type == "initial")
        #expect(run.planHash == "abc")
        #expect(run.sourceSystem == .max)
        #expect(run.createdBy == "postgres")
        #expect(run.snapshot == nil)
        #expect(try await fixture.store.resolvedPlan(fixture.run) == "{\"x\": 1}")
        #expect(try await fixture.store.planText(fixture.run) == "version: 1")
    }

    @Test func `a plan's newest run is unfinished until it is completed or cancelled`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let store = fixture.store
        #expect(try await store.unfinishedRun(planName: "dispatch")?.id == fixture.run)
        #expect(try await store.unfinishedRun(planName: "another") == nil)
        try await store.setStatus(fixture.run, .failed, reason: "42P01", errorDetails: ["message": "no table"])
        let failed = try #require(try await store.unfinishedRun(planName: "dispatch"))
        #expect(failed.errorDetails == "{\"message\": \"no table\"}")
        #expect(failed.completedAt != nil)
        try await store.setStatus(fixture.run, .completed)
        #expect(try await store.unfinishedRun(planName: "dispatch") == nil)
    }

    @Test func `metrics are merged`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        try await fixture.store.recordMetrics(fixture.run, json: "{\"a\": 1, \"b\": 1}")
        try await fixture.store.recordMetrics(fixture.run, json: "{\"b\": 2}")
        #expect(try await fixture.store.run(matching: .latest).metrics == "{\"a\": 1, \"b\": 2}")
    }

    @Test func `a run is mixed when shards were copied under two snapshots, and only then`() async throws {
        let fixture = try await StoreFixture(shards: 2)
        let store = fixture.store
        let table = SnapshotTable(name: "public.\"dispatch_office\"", filenode: 16400)
        func snapshot(_ id: String) async throws -> Int {
            try await store.recordSnapshot(fixture.run, id: id, lsn: "1/16B3748", xmin: 1 << 33, tables: [table])
        }
        #expect(try await snapshot("00000003-1") == 1)
        #expect(try await snapshot("00000003-2") == 2)
        #expect(try await store.run(matching: .latest).isMixed == false)
        let first = try await fixture.grant([fixture.shards[0]])[0]
        #expect(first.snapshot == 2)
        try fixture.finish(first)
        #expect(try await snapshot("00000003-3") == 3)
        var run = try await store.run(matching: .latest)
        #expect(run.isMixed)
        #expect(run.snapshot?.id == "00000003-3")
        #expect(run.snapshot?.lsn == "1/16B3748")
        #expect(run.snapshot?.xmin == 1 << 33)
        #expect(try await store.snapshotTables(fixture.run, snapshot: 3) == [table])
        try fixture.finish(try await fixture.grant([fixture.shards[1]])[0])
        try await store.setStatus(fixture.run, .completed)
        run = try await store.run(matching: .latest)
        #expect(run.isMixed)
    }

    @Test func `a lease that was lost with its snapshot leaves the run unmixed`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let store = fixture.store
        _ = try await store.recordSnapshot(fixture.run, id: "a", lsn: nil, xmin: nil, tables: [])
        _ = try await fixture.grant(fixture.shards, ttl: .zero)
        _ = try await store.recordSnapshot(fixture.run, id: "b", lsn: nil, xmin: nil, tables: [])
        #expect(try await store.run(matching: .latest).isMixed)
        #expect(try await store.expireLeases(of: fixture.run).count == 1)
        try fixture.finish(try await fixture.grant(fixture.shards)[0])
        try await store.setStatus(fixture.run, .completed)
        #expect(try await store.run(matching: .latest).isMixed == false)
    }

    @Test func `a snapshot is on record only where it is the run's`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let store = fixture.store
        var worker = WorkerRecord(
            incarnation: .random(),
            name: WorkerName(rawValue: "one"),
            host: "here",
            pid: 1,
            slots: 2,
            build: "",
            state: "running"
        )
        worker.snapshot = "00000003-1"
        #expect(try await store.recordSnapshot(fixture.run, id: "a", lsn: nil, xmin: nil, tables: []) == 1)
        try await store.record([worker], of: fixture.run, exporting: 1)
        #expect(try await store.workers(of: fixture.run).map(\.snapshot) == ["00000003-1"])
        #expect(try await store.recordSnapshot(fixture.run, id: "b", lsn: nil, xmin: nil, tables: []) == 2)
        try await store.record([worker], of: fixture.run, exporting: 1)
        #expect(try await store.workers(of: fixture.run).map(\.snapshot) == [nil])
    }

    @Test func `entities keep the plan's order, their dependencies and the losers`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        let names = ["a \"quoted\"", "b,{}\\", "c"].map { EntityName(rawValue: $0) }
        let run = try await fixture.store
            .createRun(
                NewRun(name: "order", planHash: "", planText: "", resolvedPlan: "{}", sourceSystem: nil)
            )
            .id
        try await fixture.store.addEntities(
            names.enumerated().map { StoreFixture.newEntity($1.rawValue, dependsOn: Array(names[..<$0])) },
            to: run
        )
        let entities = try await fixture.store.entities(of: run)
        #expect(entities.map(\.name) == names)
        #expect(entities.map(\.position) == [0, 1, 2])
        #expect(entities[2].dependsOn == [names[0], names[1]])
        #expect(try await fixture.store.losers(of: names[0], in: run) == nil)
        try await fixture.store.recordLosers(of: names[0], in: run, [0, 255])
        #expect(try await fixture.store.losers(of: names[0], in: run) == [0, 255])
    }

    @Test func `an entity's times follow its stages`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        func entity() async throws -> EntityRecord { try await fixture.store.entities(of: fixture.run)[0] }
        #expect(try await entity().startedAt == nil)
        try await fixture.store.setStage(of: StoreFixture.entity, in: fixture.run, .copying)
        let started = try #require(try await entity().startedAt)
        try await fixture.store.setStage(of: StoreFixture.entity, in: fixture.run, .complete, message: "done")
        let complete = try await entity()
        #expect(complete.stage == .complete)
        #expect(complete.startedAt == started)
        #expect(complete.settledAt != nil)
        #expect(complete.completedAt != nil)
        try await fixture.store.setStage(of: StoreFixture.entity, in: fixture.run, .copying)
        #expect(try await entity().completedAt == nil)
    }
}
