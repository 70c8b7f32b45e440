/// What a transformer needs to know about the rows around its own: read-only and shared by the slots of a worker.
package struct TransformEnvironment: Sendable {
    /// The entity whose rows are transformed.
    package var entity: String
    /// The parents' state, by entity; needed for every entity that a reference of the program names.
    package var parents: [String: ParentState]
    /// Keys that lose a unique constraint; rejected as `duplicate`.
    package var losers: PresenceSet
    /// Whether the keys of migrated rows are collected.
    package var recordsPresence: Bool
    /// Whether the rows are in the target already, so that even their own UUIDs are found there (a fill pass).
    package var rowsExist: Bool
    /// Levels of nesting after which a document counts as invalid.
    ///
    /// PostgreSQL itself stops where its stack (2 MB by
    /// default) is full, beyond 12,000 levels; less rejects a few documents more, more leaves the verdict to the server.
    package var maximumJSONDepth: Int
    /// Entries per entity that stay in memory between batches for `v4`, `v7` and `stored`.
    package var lookupCapacity: Int
    /// Bytes from which on a row's large fields stay in the input instead of being copied.
    ///
    /// Such a row is a batch's last, so much smaller ones would cost round trips (safe from 1 MiB to 64 MiB).
    package var wideRow: Int

    package init(
        entity: String,
        parents: [String: ParentState] = [:],
        losers: PresenceSet = PresenceSet(),
        recordsPresence: Bool = false,
        rowsExist: Bool = false,
        maximumJSONDepth: Int = 6000,
        lookupCapacity: Int = 10_000,
        wideRow: Int = 4 << 20
    ) {
        self.entity = entity
        self.parents = parents
        self.losers = losers
        self.recordsPresence = recordsPresence
        self.rowsExist = rowsExist
        self.maximumJSONDepth = maximumJSONDepth
        self.lookupCapacity = lookupCapacity
        self.wideRow = wideRow
    }
}

extension TransformEnvironment {
    /// Which rows of a parent entity are in the target, and which may still come.
    package struct ParentState: Sendable {
        /// Keys in the target; not asked for parents that are looked up in the target itself.
        package var present: PresenceSet
        /// Keys that were rejected as `parent_pending` themselves.
        package var pending: PresenceSet
        /// Key ranges of shards that failed, or are tried again since.
        package var awaitedRanges: [ClosedRange<Int64>]

        package init(
            present: PresenceSet = PresenceSet(),
            pending: PresenceSet = PresenceSet(),
            awaitedRanges: [ClosedRange<Int64>] = []
        ) {
            self.present = present
            self.pending = pending
            self.awaitedRanges = awaitedRanges
        }

        /// Whether a parent that is absent may still come.
        func isPending(_ id: Int64) -> Bool {
            self.pending.contains(id) || self.awaitedRanges.contains { $0.contains(id) }
        }
    }
}
