extension ShardPlanner {
    /// Where one range ends and the next begins.
    struct Cut: Equatable {
        var key: Int64
        /// The step that it lies in, and how much of that lies before it.
        var step: Int
        var fraction: Double
    }

    /// Keys beyond the least that cut the rows into at most `parts` parts of equal weight.
    ///
    /// A step is cut in its middle only where its keys are dense, or where too few steps leave no choice; elsewhere the
    /// cut is a bound, because that is a row's key: no gap makes an empty range.
    ///
    /// Rows are those of each step, nil where they are not known.
    static func cuts(bounds: [Int64], weights: [Double], rows: [Double]?, parts: Int) -> [Cut] {
        guard parts > 1, bounds.count > 1, weights.count == bounds.count - 1 else { return [] }
        let total = weights.reduce(0, +)
        let isCoarse = weights.count < 2 * parts
        var cuts: [Cut] = []
        var step = 0
        var reached = 0.0
        for part in 1..<parts {
            let goal = total * Double(part) / Double(parts)
            while step < weights.count - 1, reached + weights[step] <= goal {
                reached += weights[step]
                step += 1
            }
            var fraction = weights[step] > 0 ? min(1, max(0, (goal - reached) / weights[step])) : 0
            // The distance of two Int64 may need 64 bits of its own.
            let width = UInt64(bitPattern: bounds[step + 1] &- bounds[step])
            let isDense = rows.map { Double(width) <= 4 * $0[step] } ?? true
            if !isDense, !isCoarse {
                // Not at the last bound: it is the greatest key alone, perhaps far from all others.
                fraction = fraction < 0.5 || step == weights.count - 1 ? 0 : 1
            }
            // Neither a Double nor a product of one holds 64 bits.
            let offset = fraction < 1 ? UInt64(exactly: (Double(width) * fraction).rounded(.down)) ?? width : width
            let key = bounds[step] &+ Int64(bitPattern: min(offset, width))
            if key > cuts.last?.key ?? bounds[0] { cuts.append(Cut(key: key, step: step, fraction: fraction)) }
        }
        return cuts
    }

    /// Keys that cut steps of equal weight.
    static func cuts(bounds: [Int64], parts: Int) -> [Int64] {
        let weights = Array(repeating: 1.0, count: max(0, bounds.count - 1))
        return self.cuts(bounds: bounds, weights: weights, rows: nil, parts: parts).map(\.key)
    }
}
