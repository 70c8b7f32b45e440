import Catalog
import ControlStore
import Scheduling

/// The row a reject refers to in vain, and what became of it.
struct RejectedParent {
    let text: String
    /// What brings the reject's row; nil where the row itself has to be corrected.
    let next: String?

    /// So many parents of parents are followed to the cause.
    private static let generations = 10

    /// Nil where the reject refers to nothing.
    init?(_ reject: RejectRecord, plan: ResolvedPlan?, run: RunRecord, store: ControlStore) async throws {
        try await self.init(reject, plan, run, store, generations: Self.generations, following: reject.id)
    }

    private init?(
        _ reject: RejectRecord,
        _ plan: ResolvedPlan?,
        _ run: RunRecord,
        _ store: ControlStore,
        generations: Int,
        following id: Int64
    ) async throws {
        guard let entity = reject.parentEntity else { return nil }
        guard let key = reject.parentKey else {
            self.text = "a row of \(entity) (which one is personal)"
            self.next = nil
            return
        }
        let name = "\(entity) \(key)"
        let own =
            try await store.rejects(
                of: run.id,
                RejectFilter(entity: entity, keys: key...key, includesResolved: false),
                readsRows: false
            )
            .first
        if let awaited = try await store.awaitedShard(of: entity, key: key, in: run.id) {
            let (shard, state) = awaited
            let kind = own == nil ? "" : "was rejected itself (godwit rejects show \(own?.id ?? 0)), and "
            switch state {
            case .failed:
                self.text = "\(name) \(kind)is in \(shard), which has failed"
                self.next =
                    "godwit shard show \(shard); mend the cause, then: godwit retry \(shard); the row follows by itself"
            case .pending, .leased, .done, .split:
                self.text = "\(name) \(kind)is in \(shard), which is still to be done"
                self.next = "nothing: when \(shard) is done the row follows by itself"
            }
            return
        }
        if let own {
            self.text = "\(name) was rejected itself: \(own.reason); godwit rejects show \(own.id)"
            let cause =
                own.parentEntity == nil || generations == 0
                ? nil : try await Self(own, plan, run, store, generations: generations - 1, following: own.id)
            self.next =
                cause?.next
                ?? "mend \(name) first (godwit rejects show \(own.id)), then: godwit rejects replay \(own.id); "
                + "the row follows by itself"
            return
        }
        let replay = "godwit rejects replay \(id)"
        guard let parent = plan?.entity(named: entity.rawValue) else {
            self.text = name
            self.next = nil
            return
        }
        let isThere = try await store.hasRow(
            of: entity,
            key: key,
            in: parent.targetTable,
            idColumn: parent.idColumn,
            legacyColumn: parent.legacyColumn
        )
        switch isThere {
        case true?:
            self.text = "\(name) is in the target by now"
            self.next = replay
        case false?:
            self.text = "\(name) is not in the target, and no row of that key was rejected"
            self.next = nil
        case nil where parent.idColumn == nil && parent.legacyColumn == nil:
            self.text = name
            self.next = nil
        case nil:
            self.text = "\(name), which can't be looked at with this role"
            self.next = nil
        }
    }
}
