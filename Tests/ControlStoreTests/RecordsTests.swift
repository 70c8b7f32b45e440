import ControlStore
import Postgres
import PostgresFixture
import Scheduling
import Testing

@Suite struct RecordsTests {
    /// Copies rejects in a transaction of their own.
    private func copy(_ rejects: RejectCopy, _ fixture: StoreFixture) throws {
        let connection = try fixture.observer()
        try connection.copyIn(RejectCopy.sql)
        try connection.writeCopy(rejects.bytes.span.bytes)
        #expect(try connection.endCopy() == rejects.count)
    }

    @Test func `rejects keep every character, also what jsonb refuses`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let details = ["tab\tnewline\nreturn\r", "back\\slash \\N \\.", "🦷 ’ \u{85}", ""]
        var rejects = RejectCopy(run: fixture.run, entity: StoreFixture.entity, shard: fixture.shards[0])
        for (key, detail) in details.enumerated() {
            rejects.append(
                key: Int64(key) - 1,
                reason: "check:a b",
                column: nil,
                detail: detail,
                sourceRow: #"{"a": "\u0000 \ud800 \\ \n"}"#
            )
        }
        rejects.append(key: .min, reason: "orphan", column: "patient_id", detail: nil, sourceRow: nil)
        try self.copy(rejects, fixture)
        let read = try await fixture.store.rejects(of: fixture.run)
        #expect(read.map(\.detail) == details + [nil])
        #expect(read.map(\.key) == [-1, 0, 1, 2, .min])
        #expect(read[0].sourceRow == #"{"a": "\u0000 \ud800 \\ \n"}"#)
        #expect(read[4].column == "patient_id")
        #expect(try await fixture.store.rejects(of: fixture.run, RejectFilter(reason: "orphan")).map(\.key) == [.min])
        rejects.removeAll()
        #expect(rejects.bytes.isEmpty)
    }

    @Test func `a replay takes pending rejects up and keeps the sums true`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let store = fixture.store
        var rejects = RejectCopy(run: fixture.run, entity: StoreFixture.entity, shard: fixture.shards[0])
        for key in [7, 3, 5] as [Int64] {
            rejects.append(key: key, reason: "parent_pending", column: "a", detail: nil, sourceRow: nil)
        }
        try self.copy(rejects, fixture)
        try fixture.finish(
            try await fixture.grant(fixture.shards)[0],
            counters: ShardCounters(sourceRows: 10, migrated: 7, rejected: 3, adjusted: ["null_orphan": 2]),
            presence: [1]
        )
        #expect(try await store.parentPendingRejects(of: StoreFixture.entity, in: fixture.run) == [3, 5, 7])

        let replay = try await store.addShards(
            [NewShard(entity: StoreFixture.entity, kind: .replay, range: KeyRange(lower: 3, upper: 8), keys: [3, 5])],
            to: fixture.run
        )
        let granted = try await fixture.grant(replay)[0]
        #expect(granted.keys == [3, 5])
        let slot = try fixture.slot(granted.lease)
        try slot.execute("BEGIN")
        let replaying = ReplayStatement(run: fixture.run, entity: StoreFixture.entity, shard: granted.shard)
        let take = replaying.take([3, 5])
        let taken = ReplayStatement.taken(try slot.query(take.sql, take.parameters)).sorted { $0.key < $1.key }
        #expect(taken == [3, 5].map { TakenReject(key: $0, reason: "parent_pending", column: "a") })
        // Nobody else can take them up.
        let rest5 = replaying.settle([5], as: .superseded)
        try slot.query(rest5.sql, rest5.parameters)
        #expect(try slot.query(take.sql, take.parameters).isEmpty)
        // One of the two is an orphan after all.
        var rest = RejectCopy(run: fixture.run, entity: StoreFixture.entity, shard: granted.shard)
        rest.append(key: 5, reason: "orphan", column: "a", detail: nil, sourceRow: nil)
        try slot.copyIn(RejectCopy.sql)
        try slot.writeCopy(rest.bytes.span.bytes)
        try slot.endCopy()
        let fenced = try StoreFixture.fence(
            granted,
            on: slot,
            counters: ShardCounters(migrated: 1, rejected: 1 - taken.count, adjusted: ["null_orphan": 1]),
            presence: [2]
        )
        #expect(fenced)
        try slot.commit()

        let report = try await store.presence(of: StoreFixture.entity, in: fixture.run)
        #expect(report.bitmaps == [[1], [2]])
        #expect(report.pendingKeys == [7])
        #expect(report.awaitedRanges.isEmpty)
        let status = try await store.status(of: fixture.run)
        #expect(
            status.totals == ShardCounters(sourceRows: 10, migrated: 8, rejected: 2, adjusted: ["null_orphan": 3])
        )
        #expect(status.entities[0].rejects == ["orphan": 1, "parent_pending": 1])
        let pending = try await store.status(of: fixture.run, counting: .parentPending)
        #expect(pending.entities[0].rejects == ["parent_pending": 1])
        #expect(pending.totals == status.totals)
        #expect(status.shards.done == 2)
        #expect(try #require(status.durations).longest > 0)
    }

    @Test func `a failed shard's range is pending for its children, also while it is retried`() async throws {
        let fixture = try await StoreFixture(shards: 3)
        let done = try await fixture.grant(Array(fixture.shards.prefix(2)))
        for shard in done { try fixture.finish(shard) }
        let granted = try await fixture.grant([fixture.shards[2]])[0]
        try await fixture.fail(granted, sqlState: nil)
        let report = try await fixture.store.presence(of: StoreFixture.entity, in: fixture.run)
        #expect(report.awaitedRanges == [KeyRange(lower: 200, upper: nil)])
        #expect(
            try await fixture.store.shards(of: fixture.run, ShardFilter(reason: "rows")).map(\.id) == [granted.shard]
        )
        #expect(try await fixture.store.advancePresenceEpoch(of: fixture.run) == 1)
        try await fixture.store.retry(.failed, in: fixture.run)
        #expect(try await fixture.store.presence(of: StoreFixture.entity, in: fixture.run) == report)
    }

    @Test func `workers are known by their incarnation and counted once`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        var worker = WorkerRecord(
            incarnation: .random(),
            name: WorkerName(rawValue: "here-1"),
            host: "here",
            pid: 5,
            slots: 4,
            build: "1",
            state: "running"
        )
        try await fixture.store.record([worker], of: fixture.run, exporting: 0)
        worker.state = "draining"
        worker.counters = "{\"rows\": 5}"
        try await fixture.store.record([worker], of: fixture.run, exporting: 0)
        let seen = try await fixture.store.workers(of: fixture.run)
        #expect(seen.map(\.state) == ["draining"])
        #expect(seen[0].counters == "{\"rows\": 5}")
        #expect(try #require(seen[0].lastSeen) > #require(seen[0].startedAt))
    }

    @Test func `events are followed from the last one seen`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let store = fixture.store
        try await store.record(
            [
                NewEvent(.info, "one", entity: StoreFixture.entity, data: ["a": "b\"c"]),
                NewEvent(.error, "two", shard: fixture.shards[0], worker: WorkerName(rawValue: "w")),
            ],
            of: fixture.run
        )
        let all = try await store.events(of: fixture.run)
        #expect(all.map(\.message) == ["one", "two"])
        #expect(all[0].data == "{\"a\": \"b\\\"c\"}")
        #expect(try await store.events(of: fixture.run, EventFilter(after: all[0].id)) == [all[1]])
        #expect(try await store.events(of: fixture.run, EventFilter(level: .error)) == [all[1]])
        #expect(try await store.events(of: fixture.run, EventFilter(level: .warning)) == [all[1]])
        #expect(try await store.events(of: fixture.run, EventFilter(level: .info)) == all)
        #expect(try await store.events(of: fixture.run, EventFilter(shard: fixture.shards[0])) == [all[1]])
    }

    @Test(arguments: [
        KeyRange(lower: nil, upper: nil), KeyRange(lower: 1, upper: nil), KeyRange(lower: nil, upper: 3),
        KeyRange(lower: 1, upper: 3),
    ])
    func `the audit shows the same mappings from the target as from the ledger`(range: KeyRange) async throws {
        let fixture = try await StoreFixture(shards: 1)
        let observer = try fixture.observer()
        try observer.execute(
            """
            CREATE TABLE public.orders (id uuid DEFAULT gen_random_uuid(), legacy_id bigint);
            INSERT INTO public.orders (legacy_id) VALUES (-1), (0), (1), (2), (3), (NULL)
            """
        )
        func audit() throws -> [String?] {
            try observer.query(
                "SELECT entity_type || legacy_id || uuid_value || validation_status || migration_run_id"
                    + " FROM godwit.uuid_mapping_audit WHERE legacy_id >= $1::bigint AND legacy_id < $2::bigint ORDER BY legacy_id",
                [.integer(range.lower ?? .min), .integer(range.upper ?? .max)]
            )
            .rows.map { $0.text(0) }
        }
        var statement = AuditStatement(
            run: fixture.run,
            entity: StoreFixture.entity,
            shard: fixture.shards[0],
            attempt: 1,
            targetTable: "public.orders",
            idColumn: "id",
            legacyColumn: "legacy_id",
            rows: .range(range)
        )
        let written = try observer.query(statement.mappings.sql, statement.mappings.parameters).affectedRows
        let fromLedger = try audit()
        #expect(fromLedger.count == written)
        #expect(written == (-1...3).filter { range.contains($0) }.count)
        try await fixture.store.createAuditView(of: [StoreFixture.entity], in: fixture.run)
        #expect(try audit() == fromLedger)
        statement.rows = .keys([-1, 2, 99])
        #expect(try observer.query(statement.mappings.sql, statement.mappings.parameters).affectedRows == 2)
        #expect(try observer.query(statement.changes.sql, statement.changes.parameters).affectedRows == 2)
        try await fixture.store.createAuditView(of: [], in: fixture.run)
        #expect(try observer.query("SELECT FROM godwit.migration_change_log WHERE shard_id IS NOT NULL").count == 2)
    }

    @Test func `fills that are done again start from nothing`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        let fill = NewShard(entity: StoreFixture.entity, kind: .fill, range: KeyRange(lower: nil, upper: nil))
        let shards = try await fixture.store.addShards([fill], to: fixture.run)
        #expect(try await fixture.store.reopenFills(of: StoreFixture.entity, in: fixture.run).isEmpty)
        try fixture.finish(try await fixture.grant(shards)[0])
        #expect(try await fixture.store.reopenFills(of: StoreFixture.entity, in: fixture.run) == shards)
        #expect(try await fixture.store.status(of: fixture.run).totals == ShardCounters())
        let again = try await fixture.grant(shards)
        #expect(again.map(\.attempt) == [2])
        #expect(try await fixture.store.reopenFills(of: StoreFixture.entity, in: fixture.run) == shards)
        #expect(try await fixture.store.renew(again.map(\.lease), ttl: StoreFixture.ttl).isEmpty)
    }
}
