import ControlStore
import Scheduling

/// The finished shards of an entity, found by a row's key.
struct RowWriters {
    /// In the order of their lower bounds; they do not overlap.
    private let copies: [WithdrawalStatement.Writer]
    private let replays: [WithdrawalStatement.Writer]

    init(_ writers: [WithdrawalStatement.Writer]) {
        self.copies = writers.filter { $0.keys == nil }
            .sorted { ($0.range.lower ?? .min) < ($1.range.lower ?? .min) }
        self.replays = writers.filter { $0.keys != nil }
    }

    /// Those that may have brought a row: the latest replay of its key first, which brings only what is not there.
    func candidates(for key: Int64) -> [ShardID] {
        self.replays.reversed().filter { $0.covers(key) }.map(\.shard) + [self.copy(of: key)].compactMap { $0 }
    }

    private func copy(of key: Int64) -> ShardID? {
        var lower = 0
        var upper = self.copies.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if (self.copies[middle].range.lower ?? .min) <= key { lower = middle + 1 } else { upper = middle }
        }
        guard lower > 0, self.copies[lower - 1].covers(key) else { return nil }
        return self.copies[lower - 1].shard
    }
}
