/// Shards of one entity and kind of work that were pending when they came in: those whose work was interrupted first, then
/// the heaviest.
///
/// A shard that is no longer pending leaves lazily, when it would be next: granting 100,000 shards never looks at all
/// of them.
struct ShardQueue: Sendable {
    private var entries = PriorityQueue<Entry>()
    private var members: Set<ShardID> = []

    var isEmpty: Bool { self.members.isEmpty }

    mutating func insert(_ shard: ShardEntry) {
        guard self.members.insert(shard.id).inserted else { return }
        self.entries.insert(Entry(id: shard.id, weight: shard.weight, isInterrupted: shard.isInterrupted))
    }

    /// Takes the next shard, or the next of those whose work was interrupted.
    mutating func removeFirst(onlyInterrupted: Bool) -> ShardID? {
        if onlyInterrupted, self.entries.first?.isInterrupted != true { return nil }
        guard let entry = self.entries.removeFirst() else { return nil }
        self.members.remove(entry.id)
        return entry.id
    }

    private struct Entry: Comparable, Sendable {
        var id: ShardID
        var weight: Int
        var isInterrupted: Bool

        static func < (left: Self, right: Self) -> Bool {
            guard left.isInterrupted == right.isInterrupted else { return left.isInterrupted }
            return left.weight == right.weight ? left.id < right.id : left.weight > right.weight
        }
    }
}
