extension RunMachine {
    /// Shards of one entity by kind and state, and what is owed to it.
    struct Tally: Sendable {
        /// Copies and replays.
        var copies = Counts()
        var fills = Counts()
        var indexes = Counts()
        var constraints = Counts()
        var validations = Counts()
        /// Rows it refers to may have come while its copies were at work or the run had no coordinator: its pending
        /// rejects are looked at once more before it settles.
        var owesReplays = false

        var leased: Int {
            self.copies.leased + self.fills.leased + self.indexes.leased + self.constraints.leased
                + self.validations.leased
        }
        /// Tasks that somebody is at or will be.
        var openTasks: Int { self.indexes.open + self.constraints.open + self.validations.open }

        mutating func count(_ shard: ShardEntry, by change: Int) {
            switch shard.kind {
            case .copy, .replay: self.copies.count(shard.state, by: change)
            case .fill: self.fills.count(shard.state, by: change)
            case .index: self.indexes.count(shard.state, by: change)
            case .constraint: self.constraints.count(shard.state, by: change)
            case .validate: self.validations.count(shard.state, by: change)
            }
        }
    }

    struct Counts: Sendable {
        var pending = 0
        var leased = 0
        var done = 0
        var failed = 0

        var open: Int { self.pending + self.leased }
        /// Whether any of them has looked, or may be looking, at what its rows refer to.
        var haveBegun: Bool { self.leased + self.done > 0 }

        mutating func count(_ state: ShardEntry.State, by change: Int) {
            switch state {
            case .pending: self.pending += change
            case .leased: self.leased += change
            case .done: self.done += change
            case .failed: self.failed += change
            case .split: break
            }
        }
    }
}
