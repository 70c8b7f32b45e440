/// Shards of one entity and kind of work that were pending when they came in, the heaviest first.
///
/// A shard that is no longer pending leaves lazily, when it would be next: granting 100,000 shards never looks at all
/// of them.
struct ShardQueue: Sendable {
    private var entries = PriorityQueue<Entry>()
    private var members: Set<ShardID> = []

    var isEmpty: Bool { self.members.isEmpty }

    mutating func insert(_ shard: ShardEntry) {
        guard self.members.insert(shard.id).inserted else { return }
        self.entries.insert(Entry(id: shard.id, weight: shard.weight))
    }

    mutating func removeFirst() -> ShardID? {
        guard let entry = self.entries.removeFirst() else { return nil }
        self.members.remove(entry.id)
        return entry.id
    }

    private struct Entry: Comparable, Sendable {
        var id: ShardID
        var weight: Int

        static func < (left: Self, right: Self) -> Bool {
            left.weight == right.weight ? left.id < right.id : left.weight > right.weight
        }
    }
}
