import ControlStore
import Postgres
import PostgresFixture
import Scheduling
import Testing

@Suite struct SplitTests {
    private func failure(_ granted: GrantedShard) -> FailedAttempt {
        StoreFixture.failure(of: granted, sqlState: "22012", message: "division by zero")
    }

    @Test func `halves tile the range of their shard and have one attempt left`() async throws {
        let fixture = try await StoreFixture(shards: 3)
        for _ in 1...2 {
            let granted = try await fixture.grant([fixture.shards[1]])[0]
            var failure = self.failure(granted)
            failure.verdict = .retry(after: .zero)
            try await fixture.store.recordFailure(failure)
        }
        let granted = try await fixture.grant([fixture.shards[1]])[0]
        let halves = try await fixture.store.split(
            self.failure(granted),
            ShardSplit(cut: .key(150), firstRows: 40, secondRows: 41)
        )
        #expect(halves.count == 2)
        let parent = try await fixture.store.shard(fixture.shards[1])
        #expect(parent.shard.state == .split)
        #expect(parent.shard.failedAttempts == 3)
        #expect(parent.shard.children == halves)
        #expect(parent.shard.message == "division by zero")
        #expect(parent.attempts.map(\.outcome) == ["failed", "failed", "failed"])
        let first = try await fixture.store.shard(halves[0]).shard
        let second = try await fixture.store.shard(halves[1]).shard
        #expect(first.range == KeyRange(lower: 100, upper: 150))
        #expect(second.range == KeyRange(lower: 150, upper: 200))
        #expect([first.estimatedRows, second.estimatedRows] == [40, 41])
        #expect([first.failedAttempts, second.failedAttempts] == [2, 2])
        #expect([first.parent, second.parent] == [fixture.shards[1], fixture.shards[1]])
        #expect([first.state, second.state] == [.pending, .pending])
        let entity = try await fixture.store.status(of: fixture.run).entities[0]
        #expect(entity.shards.total == 4)
        #expect(entity.estimatedRows == 281)
    }

    @Test func `a half of a half knows the planned shard`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        var granted = try await fixture.grant(fixture.shards)[0]
        var halves = try await fixture.store.split(
            self.failure(granted),
            ShardSplit(cut: .key(0), firstRows: 2, secondRows: 2)
        )
        granted = try await fixture.grant([halves[0]])[0]
        #expect(granted.range == KeyRange(lower: nil, upper: 0))
        halves = try await fixture.store.split(
            self.failure(granted),
            ShardSplit(cut: .key(-5), firstRows: 1, secondRows: 1)
        )
        let entries = try await fixture.store.shardEntries(of: fixture.run, now: .now)
        #expect(entries.map(\.state) == [.split, .split] + Array(repeating: .pending(notBefore: nil), count: 3))
        #expect(entries.map(\.origin) == [nil] + Array(repeating: fixture.shards[0], count: 4))
        #expect(entries.suffix(2).map(\.range) == [KeyRange(lower: nil, upper: -5), KeyRange(lower: -5, upper: 0)])
    }

    @Test func `a replay's keys are shared out`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let replay = try await fixture.store.addShards(
            [
                NewShard(
                    entity: StoreFixture.entity,
                    kind: .replay,
                    range: KeyRange(lower: nil, upper: nil),
                    keys: [3, 5, 8]
                )
            ],
            to: fixture.run
        )
        let granted = try await fixture.grant(replay)[0]
        let halves = try await fixture.store.split(
            self.failure(granted),
            ShardSplit(cut: .keys(1), firstRows: 1, secondRows: 2)
        )
        #expect(try await fixture.store.keys(of: halves[0]) == [3])
        #expect(try await fixture.store.keys(of: halves[1]) == [5, 8])
    }

    @Test func `a lease that is gone, or a cut outside, changes nothing`() async throws {
        let fixture = try await StoreFixture(shards: 3)
        let granted = try await fixture.grant([fixture.shards[1]])[0]
        var stale = self.failure(granted)
        stale.lease = .random()
        for (failure, cut) in [
            (stale, ShardCut.key(150)), (self.failure(granted), .key(100)), (self.failure(granted), .key(200)),
            (self.failure(granted), .keys(1)),
        ] {
            let halves = try await fixture.store.split(failure, ShardSplit(cut: cut, firstRows: 1, secondRows: 1))
            #expect(halves.isEmpty)
        }
        #expect(try await fixture.store.shardEntries(of: fixture.run, now: .now).count == 3)
        #expect(try await fixture.store.shard(fixture.shards[1]).shard.state == .leased)
    }

    @Test func `halves keep their keys pending until they are done, and only failed ones are retried`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let granted = try await fixture.grant(fixture.shards)[0]
        let halves = try await fixture.store.split(
            self.failure(granted),
            ShardSplit(cut: .key(50), firstRows: 50, secondRows: 50)
        )
        let half = try await fixture.grant([halves[1]])[0]
        try await fixture.store.recordFailure(self.failure(half))
        let presence = try await fixture.store.presence(of: StoreFixture.entity, in: fixture.run)
        #expect(presence.awaitedRanges == [KeyRange(lower: nil, upper: 50), KeyRange(lower: 50, upper: nil)])
        #expect(try await fixture.store.status(of: fixture.run).entities[0].failedRows == 50)
        #expect(try await fixture.store.retry(.failed, in: fixture.run) == [halves[1]])
        do {
            try await fixture.store.retry(.shards(fixture.shards), in: fixture.run)
            Issue.record("a split shard was retried")
        } catch {
            #expect(error.code == .refused)
        }
    }

    @Test func `accepted rates of failing rows outlive the coordinator`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        #expect(try await fixture.store.acceptedErrorRates(of: fixture.run) == [:])
        let store = fixture.store
        let rate = (entity: StoreFixture.entity, rate: 0.125)
        let report = try await store.pause(fixture.run, .circuitBreaker, reason: "", accepting: rate)
        #expect(report?.cause == .circuitBreaker)
        #expect(try await fixture.store.acceptedErrorRates(of: fixture.run) == [StoreFixture.entity: 0.125])
    }
}
