import RowPipeline
import Testing

@Suite struct PresenceSetTests {
    func random() -> SeededGenerator {
        .announced("presence", environment: environmentVariable("GODWIT_SEED"))
    }

    /// Ids in runs, scattered, dense and far away.
    func ids(_ random: inout SeededGenerator) -> [Int64] {
        var ids: [Int64] = []
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let start = Int64.random(in: -200_000...400_000, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: ids += start..<(start + Int64.random(in: 1...70_000, using: &random))
            case 1: ids += (0..<3000).map { _ in start + Int64.random(in: 0...70_000, using: &random) }
            case 2: ids += (0..<9000).map { start + 2 * $0 }
            default: ids += [Int64.max, Int64.min, 1 << 46, -1, 0, start]
            }
        }
        return ids
    }

    @Test func `it behaves like a set of integers`() throws {
        var random = self.random()
        for _ in 0..<4 {
            var ids = self.ids(&random)
            if Bool.random(using: &random) { ids.shuffle(using: &random) }
            var expected = Set(ids)
            var set = PresenceSet(ids)
            #expect(set.count == expected.count)
            var different = 0
            for id in ids.shuffled(using: &random).prefix(3000) {
                if Bool.random(using: &random) {
                    if set.remove(id) != (expected.remove(id) != nil) { different += 1 }
                } else if set.insert(id &+ 1) != expected.insert(id &+ 1).inserted {
                    different += 1
                }
            }
            #expect(different == 0 && set.count == expected.count)
            var listed: [Int64] = []
            set.visit { listed.append($0) }
            #expect(listed == expected.sorted())
            var cursor = PresenceSet.Cursor()
            var wrong = 0
            for id in ids.prefix(5000) {
                if set.contains(id, near: &cursor) != expected.contains(id) { wrong += 1 }
                if set.contains(id &- 1) != expected.contains(id &- 1) { wrong += 1 }
            }
            #expect(wrong == 0)
            let other = self.ids(&random)
            set.formUnion(PresenceSet(other))
            expected.formUnion(other)
            #expect(set.count == expected.count)
            let restored = try PresenceSet(serialized: set.serialized())
            listed.removeAll()
            restored.visit { listed.append($0) }
            #expect(listed == expected.sorted())
            #expect(restored.serialized() == set.serialized())
        }
    }

    @Test func `equal sets have equal bytes, whatever order they were built in`() {
        var random = self.random()
        let ids = self.ids(&random)
        #expect(PresenceSet(ids).serialized() == PresenceSet(ids.reversed()).serialized())
        #expect(PresenceSet(ids).serialized() == PresenceSet(ids.shuffled(using: &random)).serialized())
    }

    @Test func `a million ids in a row take a few bytes, an outlier a few more`() {
        var set = PresenceSet(1...1_000_000)
        #expect(set.serialized().count < 400)
        set.insert(1 << 40)
        #expect(set.serialized().count < 420)
        let scattered = PresenceSet(stride(from: 0, to: 2_000_000, by: 2).map { Int64($0) })
        #expect(scattered.serialized().count < 2_000_000 / 8 * 11 / 10)
    }

    @Test func `every truncation of the stored form is refused`() {
        let bytes = PresenceSet([1, 2, 3, 70_000, 70_002, 70_005, 1 << 40]).serialized()
        for count in 0..<bytes.count {
            #expect(throws: RowPipelineError.self) { try PresenceSet(serialized: Array(bytes.prefix(count))) }
        }
        #expect(throws: RowPipelineError.self) { try PresenceSet(serialized: bytes + [0]) }
    }

    @Test func `garbage never traps, and what is accepted is consistent`() throws {
        var random = self.random()
        var accepted = 0
        let valid = PresenceSet([1, 2, 3, 9, 70_000, 70_002, 70_005]).serialized()
        for _ in 0..<30_000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let set = try? PresenceSet(serialized: bytes) else { continue }
            accepted += 1
            var listed: [Int64] = []
            set.visit { listed.append($0) }
            #expect(listed.count == set.count && zip(listed, listed.dropFirst()).allSatisfy { $0 < $1 })
            #expect(listed.allSatisfy { set.contains($0) })
        }
        #expect(accepted > 0)
    }
}
