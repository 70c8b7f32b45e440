/// Cuts an entity's keys into ranges of about equal weight.
///
/// The first range is open below and the last above, so that no key can fall outside whatever the statistics say.
package struct ShardPlanner: Sendable, Equatable {
    /// Bytes of source rows per shard.
    ///
    /// 16 MiB is one to five seconds of copying into a table with its foreign keys in
    /// place (32 MiB took ten with four slots on two cores), which is what a kill costs; below 1 MiB grants dominate,
    /// above 1 GiB a lost worker costs minutes.
    package static let defaultBytes = 16 << 20
    /// How much larger shards are where the heap is not in key order.
    ///
    /// Each one reads pages that others read too, so fewer read less. Above 16 a lost worker costs more than that saves.
    package static let scatterFactor = 4
    /// More shards than this per entity cost the coordinator memory without balancing any better.
    package static let maximumShards = 100_000

    /// Rows per shard asked for by the plan, nil to go by bytes.
    package var rowsPerShard: Int?

    package init(rowsPerShard: Int?) {
        self.rowsPerShard = rowsPerShard
    }

    /// - Parameters:
    ///   - rows: Estimated rows of the entity.
    ///   - bytes: Estimated bytes of those rows.
    ///   - bounds: Keys that cut the rows into parts of equal number, ascending, the least and the greatest key
    ///     included; empty for an empty table.
    ///   - isScattered: Whether neighbouring keys lie far apart in the heap.
    /// - Returns: Ranges that tile all keys in order, at least one.
    package func ranges(rows: Int, bytes: Int, bounds: [Int64], isScattered: Bool = false) -> [PlannedRange] {
        let wanted = self.shardCount(rows: rows, bytes: bytes, isScattered: isScattered)
        let cuts = Self.cuts(bounds: bounds, parts: wanted)
        let parts = cuts.count + 1
        return (0..<parts)
            .map { index in
                PlannedRange(
                    range: KeyRange(
                        lower: index == 0 ? nil : cuts[index - 1],
                        upper: index == parts - 1 ? nil : cuts[index]
                    ),
                    rows: rows / parts,
                    bytes: bytes / parts
                )
            }
    }

    private func shardCount(rows: Int, bytes: Int, isScattered: Bool) -> Int {
        let bytesPerShard = isScattered ? Self.defaultBytes * Self.scatterFactor : Self.defaultBytes
        let (amount, share) = self.rowsPerShard.map { (rows, max(1, $0)) } ?? (bytes, bytesPerShard)
        let count = amount / share + (amount % share > 0 ? 1 : 0)
        return min(max(1, count), Self.maximumShards)
    }

    /// Keys beyond the least that cut the rows into `parts` parts, interpolated between the bounds.
    static func cuts(bounds: [Int64], parts: Int) -> [Int64] {
        guard parts > 1, bounds.count > 1 else { return [] }
        var cuts: [Int64] = []
        let steps = bounds.count - 1
        for part in 1..<parts {
            let place = Double(part) * Double(steps) / Double(parts)
            let step = min(Int(place), steps - 1)
            // The distance of two Int64 may need 64 bits of its own.
            let width = UInt64(bitPattern: bounds[step + 1] &- bounds[step])
            let offset = UInt64(exactly: (Double(width) * (place - Double(step))).rounded(.down)) ?? width
            let cut = bounds[step] &+ Int64(bitPattern: min(offset, width))
            if cut > cuts.last ?? bounds[0] { cuts.append(cut) }
        }
        return cuts
    }
}

extension ShardPlanner {
    /// A range with what it is likely to hold.
    package struct PlannedRange: Sendable, Equatable {
        package var range: KeyRange
        /// Estimates; shards of an entity are granted heaviest first.
        package var rows: Int
        package var bytes: Int
    }
}
