/// What the coordinator knows of a shard; rebuilt from the control schema whenever a coordinator starts.
package struct ShardEntry: Sendable, Equatable {
    package var id: ShardID
    package var entity: EntityName
    package var kind: ShardKind
    package var range: KeyRange
    /// Estimated bytes; heavier shards are granted first.
    package var weight: Int
    /// Estimated rows, by which a running one's rest is judged.
    package var rows: Int
    package var state: State
    /// The planned shard that it is a part of, after halvings or as the rest of one that yielded; nil for one that was planned itself.
    package var origin: ShardID?
    /// Work on it had begun and was cut short, so it is granted before whatever nobody has begun.
    ///
    /// Its lease was taken away or given back, or an operator retries it.
    package var isInterrupted: Bool

    package init(
        id: ShardID,
        entity: EntityName,
        kind: ShardKind,
        range: KeyRange,
        weight: Int,
        state: State,
        origin: ShardID? = nil,
        isInterrupted: Bool = false,
        rows: Int = 0
    ) {
        self.id = id
        self.entity = entity
        self.kind = kind
        self.range = range
        self.weight = weight
        self.state = state
        self.origin = origin
        self.isInterrupted = isInterrupted
        self.rows = rows
    }
}

extension ShardEntry {
    /// Whether its next attempt takes up work that was cut short, once its state is another.
    ///
    /// One that failed by itself and waits for its next attempt goes in the usual order: it may fail for ever, and must
    /// not be in the way of others.
    func isInterrupted(by state: State) -> Bool {
        switch (self.state, state) {
        case (.leased, .pending(nil)), (.failed, .pending(nil)): true
        case (.pending, .pending(nil)): self.isInterrupted
        default: false
        }
    }

    /// How a shard stands.
    package enum State: Sendable, Equatable {
        /// Nobody has it. Can transition to: leased.
        case pending(notBefore: ContinuousClock.Instant?)
        /// A worker may be at it until the target's clock says otherwise. Can transition to: done, pending, failed,
        /// split.
        case leased(LeaseID, Incarnation)
        /// Its rows are committed. Can transition to: pending (a `fill` that must be done again; a copy that an operator
        /// has merged once more).
        case done
        /// Its attempts are used up. Can transition to: pending (an operator's retry).
        case failed
        /// Its attempts are used up, and two shards that cover exactly its keys have taken its place; it counts nowhere.
        /// Can transition to: nothing.
        case split
    }
}
