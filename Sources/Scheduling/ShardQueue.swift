/// Pending shards of one entity: copies and replays before fills, the heaviest of a kind first.
///
/// An entry leaves lazily, when the queue passes it and the shard is no longer pending, so that granting 100,000
/// shards costs no more than sorting them once.
struct ShardQueue: Sendable {
    private var entries: [Entry] = []
    private var head = 0
    private var isSorted = true
    private var members: Set<ShardID> = []

    mutating func insert(_ shard: ShardEntry) {
        guard self.members.insert(shard.id).inserted else { return }
        self.entries.append(Entry(shard))
        self.isSorted = false
    }

    /// Offers the pending shards in order until `take` answers false.
    mutating func offer(isPending: (ShardID) -> Bool, to take: (Entry) -> Bool) {
        self.sort()
        while self.head < self.entries.count, !isPending(self.entries[self.head].id) {
            self.members.remove(self.entries[self.head].id)
            self.head += 1
        }
        for entry in self.entries[self.head...] where isPending(entry.id) {
            guard take(entry) else { return }
        }
    }

    private mutating func sort() {
        guard !self.isSorted else { return }
        self.entries.removeSubrange(..<self.head)
        self.head = 0
        self.entries.sort()
        self.isSorted = true
    }

    struct Entry: Comparable, Sendable {
        var id: ShardID
        var kind: ShardKind
        var weight: Int

        init(_ shard: ShardEntry) {
            self.id = shard.id
            self.kind = shard.kind
            self.weight = shard.weight
        }

        static func < (left: Self, right: Self) -> Bool {
            (left.kind == .fill ? 1 : 0, -left.weight, left.id.rawValue)
                < (right.kind == .fill ? 1 : 0, -right.weight, right.id.rawValue)
        }
    }
}
