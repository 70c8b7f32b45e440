import Catalog
import ControlStore
import Scheduling

/// The row a reject refers to in vain, and what became of it.
struct RejectedParent {
    let text: String

    /// Nil where the reject refers to nothing.
    init?(_ reject: RejectRecord, plan: ResolvedPlan?, run: RunRecord, store: ControlStore) async throws {
        guard let entity = reject.parentEntity else { return nil }
        guard let key = reject.parentKey else {
            self.text = "a row of \(entity) (which one is personal)"
            return
        }
        let own =
            try await store.rejects(
                of: run.id,
                RejectFilter(entity: entity, keys: key...key, includesResolved: false),
                readsRows: false
            )
            .first
        if let own {
            self.text = "\(entity) \(key) was rejected itself: \(own.reason); godwit rejects show \(own.id)"
            return
        }
        guard let parent = plan?.entity(named: entity.rawValue) else {
            self.text = "\(entity) \(key)"
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
        case true?: self.text = "\(entity) \(key) is in the target by now: replay this reject"
        case false?: self.text = "\(entity) \(key) is not in the target, and no row of that key was rejected"
        case nil where parent.idColumn == nil && parent.legacyColumn == nil: self.text = "\(entity) \(key)"
        case nil: self.text = "\(entity) \(key), which can't be looked at with this role"
        }
    }
}
