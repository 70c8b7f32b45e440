import Scheduling

/// Rows of a target table that a unique index does not take, in groups of equal values.
struct DuplicateGroups {
    /// A row of a group.
    struct Member: Equatable {
        /// Its `ctid`.
        var place: String
        /// Its legacy key, nil for a row that the target's own application made.
        var key: Int64?
        /// The shard that brought it; nil for a row that is not of this run.
        var owner: ShardID?
    }

    /// A row that has to go.
    struct Loser: Equatable {
        var place: String
        var key: Int64
        var owner: ShardID
        /// The row that stays in its group: by its legacy key, nil where it has none.
        var winner: Int64?
    }

    /// So many rows of others are named; one is enough to find them all by their common values.
    private static let mostNames = 5

    private(set) var losers: [Loser] = []
    /// Why the rows can't be told apart; nil where they can.
    private(set) var obstacle: String?

    /// Judges groups, one after the other.
    ///
    /// A row that is not of this run stays, whatever else; otherwise the one with the lowest legacy key does, as with a unique
    /// rule of the plan: which it is must not depend on who came first.
    init(_ groups: some Sequence<[Member]>) {
        for group in groups { self.judge(group) }
    }

    private mutating func judge(_ group: [Member]) {
        let ours = group.filter { $0.owner != nil }.sorted { ($0.key ?? .min) < ($1.key ?? .min) }
        let strangers = group.filter { $0.owner == nil }
        guard strangers.count < 2 else {
            let keys = strangers.prefix(Self.mostNames).map { $0.key.map { "\($0)" } ?? "none" }
            self.obstacle = """
                \(strangers.count) of them are not of this run (legacy keys \(keys.joined(separator: ", "))\
                \(strangers.count > Self.mostNames ? " …" : ""))
                """
            return
        }
        guard Set(ours.map(\.key)).count == ours.count else {
            self.obstacle = "two rows have the legacy key \(ours.first?.key ?? 0)"
            return
        }
        let winner = strangers.first ?? ours.first
        for row in ours where row.place != winner?.place {
            guard let key = row.key, let owner = row.owner else { continue }
            self.losers.append(Loser(place: row.place, key: key, owner: owner, winner: winner?.key))
        }
    }
}
