import Catalog
import Scheduling

/// The run a worker takes part in.
struct RunContext: Sendable {
    var id: RunID
    var plan: ResolvedPlan
    var entities: [EntityName: ResolvedEntity]
    /// What this worker has read of the run's presence; another run has another.
    let sets: ParentSetCache
    /// Every source table any entity reads, quoted.
    var sourceTables: [String]
    /// The version of the run's plan that this worker goes by.
    private(set) var planRevision: Int
    /// The identifier under which this worker's keeper exports the snapshot, nil until it holds it.
    var snapshot: String?
    /// The number of the snapshot it holds, or held last.
    var snapshotNumber = 0
    /// A hand-over is under way.
    var isImporting = false

    init(id: RunID, plan: ResolvedPlan, planRevision: Int, sets: ParentSetCache) {
        self.id = id
        self.plan = plan
        self.planRevision = planRevision
        self.sets = sets
        self.entities = Dictionary(uniqueKeysWithValues: plan.entities.map { (EntityName(rawValue: $0.name), $0) })
        self.sourceTables = Set(plan.entities.flatMap(\.sourceTables)).sorted()
    }

    /// Goes by a corrected plan from now on; what was read of presence stays true.
    mutating func revise(_ plan: ResolvedPlan, revision: Int) {
        let old = self
        self = Self(id: old.id, plan: plan, planRevision: revision, sets: old.sets)
        self.snapshot = old.snapshot
        self.snapshotNumber = old.snapshotNumber
        self.isImporting = old.isImporting
    }

    /// Whether a snapshot that is offered has to be imported.
    func wants(snapshotNumber number: Int?) -> Bool {
        guard !self.isImporting else { return false }
        return self.snapshot == nil || (number ?? 0) > self.snapshotNumber
    }
}
