import Testing

@testable import Scheduling

@Suite struct ShardPlannerTests {
    @Test func `ranges of any histogram tile all keys`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("ShardPlannerTests seed", seed)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let bounds = Self.histogram(&random)
            let wanted = Int.random(in: 1...300, using: &random)
            let rows = Int.random(in: 0...100_000, using: &random)
            let planner = ShardPlanner(rowsPerShard: Bool.random(using: &random) ? max(1, rows / wanted) : nil)
            let weight = wanted * ShardPlanner.defaultWeight
            let bytes = max(0, weight - rows * ShardPlanner.rowCost)
            let planned = planner.ranges(rows: rows, bytes: bytes, bounds: bounds)
            Self.expectTiles(planned.map(\.range), "seed \(seed), bounds \(bounds)")
            let most = planner.rowsPerShard.map { (rows + $0 - 1) / $0 } ?? wanted
            #expect(planned.map(\.rows).reduce(0, +) <= rows + planned.count, "seed \(seed), bounds \(bounds)")
            #expect(planned.count <= max(1, most), "seed \(seed), bounds \(bounds)")
        }
    }

    @Test func `evenly spread keys are cut evenly`() {
        let planner = ShardPlanner(rowsPerShard: 250)
        let ranges = planner.ranges(rows: 1000, bytes: 0, bounds: [0, 500, 1000]).map(\.range)
        #expect(
            ranges == [
                KeyRange(lower: nil, upper: 250), KeyRange(lower: 250, upper: 500), KeyRange(lower: 500, upper: 750),
                KeyRange(lower: 750, upper: nil),
            ]
        )
    }

    @Test func `the whole width of Int64 is cut evenly as well`() {
        let cuts = ShardPlanner.cuts(bounds: [.min, .max], parts: 4)
        #expect(cuts.count == 3)
        for (cut, share) in zip(cuts, [-0.5, 0, 0.5]) {
            #expect(abs(Double(cut) / 0x1p63 - share) < 0.001)
        }
    }

    @Test func `few distinct keys make few shards`() {
        #expect(ShardPlanner.cuts(bounds: [7, 7, 7], parts: 100) == [])
        #expect(ShardPlanner.cuts(bounds: [7, 8], parts: 100) == [])
        #expect(ShardPlanner.cuts(bounds: [.max, .max], parts: 3) == [])
        #expect(ShardPlanner.cuts(bounds: [.min, .min], parts: 3) == [])
        #expect(ShardPlanner.cuts(bounds: [7, 9], parts: 100) == [8])
    }

    @Test func `an outlier costs the shards of its own part only`() {
        let bounds = (0..<100).map { Int64($0) * 1000 } + [Int64.max]
        let ranges = ShardPlanner(rowsPerShard: 100).ranges(rows: 10_000, bytes: 0, bounds: bounds)
        #expect(ranges.count == 100)
        #expect(ranges.count { ($0.range.lower ?? 0) > 100_000 } <= 1)
    }

    @Test func `an empty table is one shard`() {
        let planned = ShardPlanner(rowsPerShard: nil).ranges(rows: 0, bytes: 0, bounds: [])
        #expect(planned == [.init(range: KeyRange(lower: nil, upper: nil), rows: 0, bytes: 0)])
    }

    @Test(arguments: [Int.min, -1, 0, 1, .max])
    func `absurd estimates give a bounded number of shards`(_ estimate: Int) {
        for rowsPerShard in [nil, Int.min, 0, 1, .max] {
            let planner = ShardPlanner(rowsPerShard: rowsPerShard)
            let planned = planner.ranges(rows: estimate, bytes: estimate, bounds: [.min, 0, .max])
            #expect((1...ShardPlanner.maximumShards).contains(planned.count))
        }
    }

    @Test func `heavy steps get more cuts, and each range its own estimates`() {
        var planner = ShardPlanner(rowsPerShard: nil)
        planner.weightPerShard = 10_000
        let light = ShardPlanner.Step(rows: 10, bytes: 500)
        let heavy = ShardPlanner.Step(rows: 10, bytes: 8_000)
        let bounds = (0...40).map { Int64($0) * 10 }
        let steps = (0..<40).map { (20..<24).contains($0) ? heavy : light }
        let planned = planner.ranges(bounds: bounds, steps: steps, isScattered: false)
        #expect(planned.map { $0.bytes + $0.rows * ShardPlanner.rowCost }.allSatisfy { abs($0 - 10_000) < 1_500 })
        #expect(planned.count { (200..<240).contains($0.range.lower ?? 0) } >= 3)
        #expect(planned.map(\.rows).reduce(0, +) == 400)
    }

    @Test func `cuts in sparse keys are keys of rows`() {
        var random = SeededGenerator(seed: 7)
        let bounds = (0...400).map { _ in Int64.random(in: -1 << 60...1 << 60, using: &random) }.sorted()
        let steps = (0..<400).map { _ in ShardPlanner.Step(rows: Int.random(in: 1...20, using: &random), bytes: 0) }
        let planned = ShardPlanner(rowsPerShard: 50).ranges(bounds: bounds, steps: steps, isScattered: false)
        #expect(planned.count > 60)
        #expect(planned.compactMap(\.range.lower).allSatisfy(bounds.contains))
        #expect(planned.map(\.rows).max() ?? 0 <= 90)
    }

    @Test func `an outlier beyond a gap is in the shard before it`() {
        let bounds = (0..<100).map { Int64($0) * 1000 } + [Int64.max]
        let steps = Array(repeating: ShardPlanner.Step(rows: 1000, bytes: 0), count: 100)
        let planned = ShardPlanner(rowsPerShard: 10_000).ranges(bounds: bounds, steps: steps, isScattered: false)
        #expect(planned.count == 10)
        #expect(planned.last?.range == KeyRange(lower: 90_000, upper: nil))
        #expect(planned.map(\.rows) == Array(repeating: 10_000, count: 10))
    }

    /// Ascending bounds, with everything statistics can contain: repeats, gaps, outliers, the ends of Int64.
    private static func histogram(_ random: inout SeededGenerator) -> [Int64] {
        let count = Int.random(in: 0...101, using: &random)
        let width = Int64.max >> Int64.random(in: 0...62, using: &random)
        var bounds = (0..<count).map { _ in Int64.random(in: -width - 1...width, using: &random) }
        if count > 0, Int.random(in: 0..<4, using: &random) == 0 { bounds.append(.max) }
        if count > 0, Int.random(in: 0..<4, using: &random) == 0 { bounds.append(.min) }
        return bounds.sorted()
    }

    private static func expectTiles(_ ranges: [KeyRange], _ comment: String) {
        #expect(ranges.first?.lower == nil && ranges.last?.upper == nil, "\(comment)")
        for (left, right) in zip(ranges, ranges.dropFirst()) where left.upper == nil || left.upper != right.lower {
            Issue.record("\(left) and \(right) do not meet; \(comment)")
        }
        for range in ranges {
            if let lower = range.lower, let upper = range.upper, lower >= upper {
                Issue.record("\(range) is empty; \(comment)")
            }
        }
    }

    @Test func aTableWhoseHeapIsNotInKeyOrderGetsFewerLargerShards() {
        let bytes = 64 * ShardPlanner.defaultWeight - 100_000 * ShardPlanner.rowCost
        let bounds = (0...100).map { Int64($0 * 1000) }
        let inOrder = ShardPlanner(rowsPerShard: nil).ranges(rows: 100_000, bytes: bytes, bounds: bounds)
        let scattered = ShardPlanner(rowsPerShard: nil)
            .ranges(rows: 100_000, bytes: bytes, bounds: bounds, isScattered: true)
        #expect(inOrder.count == 64)
        #expect(scattered.count == 16)
    }
}
