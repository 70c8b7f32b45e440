/// Cuts an entity's keys into ranges of about equal weight.
///
/// The first range is open below and the last above, so that no key can fall outside whatever the statistics say.
package struct ShardPlanner: Sendable, Equatable {
    /// What a shard should weigh: bytes of its rows, and `rowCost` for each.
    ///
    /// 32 MiB is a tenth of a second to five seconds of copying, by what is in place in the target, which is what a kill
    /// costs; below 1 MiB grants dominate, above 1 GiB a lost worker costs minutes.
    package static let defaultWeight = 32 << 20
    /// What a row costs beside its bytes, in bytes.
    ///
    /// COPY into a table with a primary key took 0.9 µs per row and 5 ns per byte, which is 180; a row program and a second
    /// index add to it. Between 100 and 500 the shards of narrow and of wide rows take about the same time.
    package static let rowCost = 200
    /// How much larger shards are where the heap is not in key order.
    ///
    /// Each one reads pages that others read too, so fewer read less. Above 16 a lost worker costs more than that saves.
    package static let scatterFactor = 4
    /// But not fewer than this, where size allows: a small table is in the source's memory, and slots would idle.
    package static let leastScattered = 8
    /// More shards than this per entity cost the coordinator memory without balancing any better.
    package static let maximumShards = 100_000

    /// Rows per shard asked for by the plan, nil to go by weight.
    package var rowsPerShard: Int?
    /// Weight per shard otherwise.
    package var weightPerShard = Self.defaultWeight

    package init(rowsPerShard: Int?) {
        self.rowsPerShard = rowsPerShard
    }

    /// Ranges where nothing is known but keys with about the same number of rows between each two.
    ///
    /// - Parameters:
    ///   - rows: Estimated rows of the entity.
    ///   - bytes: Estimated bytes of those rows.
    ///   - bounds: Keys that cut the rows into parts of equal number, ascending, the least and the greatest key
    ///     included; empty for an empty table.
    ///   - isScattered: Whether neighbouring keys lie far apart in the heap.
    /// - Returns: Ranges that tile all keys in order, at least one.
    package func ranges(rows: Int, bytes: Int, bounds: [Int64], isScattered: Bool = false) -> [PlannedRange] {
        let count = max(1, bounds.count - 1)
        let rows = max(0, Double(rows)) / Double(count)
        let bytes = max(0, Double(bytes)) / Double(count)
        let steps = Array(repeating: Amount(rows: rows, bytes: bytes), count: count)
        return self.ranges(bounds: bounds, amounts: steps, isEven: true, isScattered: isScattered)
    }

    /// Ranges where it is known what lies between the bounds.
    ///
    /// - Parameters:
    ///   - bounds: Keys of rows, ascending, the least and the greatest key included.
    ///   - steps: What lies from each bound to the next.
    ///   - isScattered: Whether neighbouring keys lie far apart in the heap.
    /// - Returns: Ranges that tile all keys in order, at least one.
    package func ranges(bounds: [Int64], steps: [Step], isScattered: Bool) -> [PlannedRange] {
        let amounts = steps.map { Amount(rows: max(0, Double($0.rows)), bytes: max(0, Double($0.bytes))) }
        return self.ranges(bounds: bounds, amounts: amounts, isEven: false, isScattered: isScattered)
    }

    private func ranges(bounds: [Int64], amounts: [Amount], isEven: Bool, isScattered: Bool) -> [PlannedRange] {
        let weights = amounts.map(self.weight)
        let parts = self.shardCount(weight: weights.reduce(0, +), isScattered: isScattered)
        let cuts = Self.cuts(bounds: bounds, weights: weights, rows: isEven ? nil : amounts.map(\.rows), parts: parts)
        var ranges: [PlannedRange] = []
        var lower: Cut?
        for upper in cuts.map(Optional.some) + [nil] {
            let amount = Self.amount(of: amounts, from: lower, to: upper)
            ranges.append(
                PlannedRange(
                    range: KeyRange(lower: lower?.key, upper: upper?.key),
                    rows: Self.whole(amount.rows),
                    bytes: Self.whole(amount.bytes)
                )
            )
            lower = upper
        }
        return ranges
    }

    private func weight(_ amount: Amount) -> Double {
        self.rowsPerShard == nil ? amount.bytes + amount.rows * Double(Self.rowCost) : amount.rows
    }

    private func shardCount(weight: Double, isScattered: Bool) -> Int {
        let share = Double(self.rowsPerShard.map { max(1, $0) } ?? max(1, self.weightPerShard))
        // A sum of many parts may lie a little above the whole.
        var count = (weight / share * (1 - 0x1p-40)).rounded(.up)
        if self.rowsPerShard == nil, isScattered {
            let fewer = (count / Double(Self.scatterFactor)).rounded(.up)
            count = max(fewer, min(count, Double(Self.leastScattered)))
        }
        return Int(max(1, min(count, Double(Self.maximumShards))))
    }

    private static func amount(of amounts: [Amount], from lower: Cut?, to upper: Cut?) -> Amount {
        var sum = Amount(rows: 0, bytes: 0)
        let first = lower?.step ?? 0
        let last = min(upper?.step ?? amounts.count - 1, amounts.count - 1)
        guard first <= last else { return sum }
        for step in first...last {
            let from = step == lower?.step ? lower?.fraction ?? 0 : 0
            let to = step == upper?.step ? upper?.fraction ?? 1 : 1
            sum.rows += amounts[step].rows * (to - from)
            sum.bytes += amounts[step].bytes * (to - from)
        }
        return sum
    }

    private static func whole(_ value: Double) -> Int { value < 0x1p62 ? Int(value.rounded()) : .max }
}

extension ShardPlanner {
    /// A range with what it is likely to hold.
    package struct PlannedRange: Sendable, Equatable {
        package var range: KeyRange
        /// Estimates; shards of an entity are granted heaviest first.
        package var rows: Int
        package var bytes: Int
    }

    /// What lies between two bounds, estimated.
    package struct Step: Sendable, Equatable {
        package var rows: Int
        package var bytes: Int

        package init(rows: Int, bytes: Int) {
            self.rows = rows
            self.bytes = bytes
        }
    }

    struct Amount {
        var rows: Double
        var bytes: Double
    }
}
