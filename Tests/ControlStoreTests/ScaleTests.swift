import ControlStore
import PostgresFixture
import Scheduling
import Testing

@Suite struct ScaleTests {
    @Test func `a hundred thousand shards are added, granted and counted`() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let fixture = try await StoreFixture(shards: 100_000)
        let added = clock.now
        #expect(fixture.shards == fixture.shards.sorted())
        #expect(Set(fixture.shards).count == 100_000)
        let worker = Incarnation.random()
        for first in stride(from: 0, to: 10_000, by: 100) {
            let granted = try await fixture.grant(Array(fixture.shards[first..<first + 100]), to: worker)
            #expect(granted.count == 100)
        }
        let leased = clock.now
        let status = try await fixture.store.status(of: fixture.run)
        let counted = clock.now
        #expect(status.shards.leased == 10_000)
        #expect(status.shards.pending == 90_000)
        let entries = try await fixture.store.shardEntries(of: fixture.run, now: .now)
        #expect(entries.count == 100_000)
        #expect(entries[5].range == KeyRange(lower: 500, upper: 600))
        print(
            "100,000 shards: added in \(added - start), 10,000 granted a hundred at a time in \(leased - added)",
            "status in \(counted - leased), read in \(clock.now - counted)"
        )
    }
}
