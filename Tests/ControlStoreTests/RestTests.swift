import ControlStore
import Postgres
import Scheduling
import Testing

/// Shards whose workers left the rest to others.
@Suite struct RestTests {
    private static let half = ShardCounters(sourceRows: 50, migrated: 50)

    /// Ends a shard with a fence, in a transaction of its own.
    private func fence(_ granted: GrantedShard, leaving rest: ShardRest, in fixture: StoreFixture) throws -> Bool {
        let slot = try fixture.slot(granted.lease)
        try slot.execute("BEGIN")
        let isHeld = try StoreFixture.fence(granted, on: slot, counters: Self.half, rest: rest)
        if isHeld { try slot.commit() } else { try slot.execute("ROLLBACK") }
        return isHeld
    }

    @Test func `the rest becomes shards with the fence, which tile the range`() async throws {
        let fixture = try await StoreFixture(shards: 3)
        for (place, upper) in [(1, Int64(200)), (2, nil)] as [(Int, Int64?)] {
            let shard = fixture.shards[place]
            let base = Int64(place * 100)
            let granted = try await fixture.grant([shard])[0]
            let rest = ShardRest(lowerKeys: [base + 50, base + 80], rows: [30, 20])
            #expect(try self.fence(granted, leaving: rest, in: fixture))
            let entries = try await fixture.store.shardEntries([shard], now: .now)
            #expect(entries.map(\.state) == [.done, .pending(notBefore: nil), .pending(notBefore: nil)])
            #expect(
                entries.map(\.range) == [
                    KeyRange(lower: base, upper: base + 50), KeyRange(lower: base + 50, upper: base + 80),
                    KeyRange(lower: base + 80, upper: upper),
                ]
            )
            #expect(entries.map(\.origin) == [nil, shard, shard])
            #expect(entries.map(\.rows) == [50, 30, 20])
            #expect(entries.map(\.weight) == [500, 300, 200])
        }
        // A part of a part knows the planned shard.
        let part = try await fixture.store.shardEntries([fixture.shards[1]], now: .now)[2]
        let granted = try await fixture.grant([part.id])[0]
        #expect(try self.fence(granted, leaving: ShardRest(lowerKeys: [190], rows: [9]), in: fixture))
        #expect(try await fixture.store.shardEntries([part.id], now: .now).last?.origin == fixture.shards[1])
        let entity = try await fixture.store.status(of: fixture.run).entities[0]
        #expect(entity.shards.total == 8)
    }

    @Test func `no fence holds for a rest that is not inside the shard, or of a lost lease`() async throws {
        let fixture = try await StoreFixture(shards: 3)
        let granted = try await fixture.grant([fixture.shards[1]])[0]
        for cuts in [[100], [200], [150, 200], [Int64.min]] as [[Int64]] {
            let rest = ShardRest(lowerKeys: cuts, rows: cuts.map { _ in 1 })
            #expect(try !self.fence(granted, leaving: rest, in: fixture))
        }
        try await fixture.store.release([granted.lease])
        #expect(try !self.fence(granted, leaving: ShardRest(lowerKeys: [150], rows: [1]), in: fixture))
        let entries = try await fixture.store.shardEntries(of: fixture.run, now: .now)
        #expect(entries.count == 3)
    }
}
