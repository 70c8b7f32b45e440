import Synchronization
import Testing

@testable import Worker

@Suite struct EpochCacheTests {
    struct Unreachable: Error {}

    @Test func `a read that failed is tried again at the same epoch`() async throws {
        let cache = EpochCache<String, Int>()
        await #expect(throws: Unreachable.self) {
            try await cache.value(of: "orders", epoch: 3) { throw Unreachable() }
        }
        #expect(try await cache.value(of: "orders", epoch: 3) { 7 } == 7)
    }

    @Test func `a value is read once per key and epoch`() async throws {
        let cache = EpochCache<String, Int>()
        #expect(try await cache.value(of: "orders", epoch: 3) { 7 } == 7)
        #expect(try await cache.value(of: "orders", epoch: 3) { 8 } == 7)
        #expect(try await cache.value(of: "orders", epoch: 2) { 9 } == 7)
        #expect(try await cache.value(of: "cases", epoch: 3) { 10 } == 10)
    }

    @Test func `a later epoch reads anew`() async throws {
        let cache = EpochCache<String, Int>()
        #expect(try await cache.value(of: "orders", epoch: 3) { 7 } == 7)
        #expect(try await cache.value(of: "orders", epoch: 4) { 8 } == 8)
    }

    @Test func `slots that ask at the same time share one read`() async throws {
        let cache = EpochCache<String, Int>()
        let reads = Reads()
        let values = try await withThrowingTaskGroup(of: Int.self, returning: [Int].self) { group in
            for _ in 0..<16 {
                group.addTask { try await cache.value(of: "orders", epoch: 3) { reads.next() } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: 1, count: 16))
    }

    final class Reads: Sendable {
        private let count = Mutex(0)

        func next() -> Int {
            self.count.withLock { count in
                count += 1
                return count
            }
        }
    }
}
