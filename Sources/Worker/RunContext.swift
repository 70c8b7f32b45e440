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
    /// The identifier under which this worker's keeper exports the snapshot, nil until it holds it.
    var snapshot: String?
    /// A hand-over is under way.
    var isImporting = false

    init(id: RunID, plan: ResolvedPlan, sets: ParentSetCache) {
        self.id = id
        self.plan = plan
        self.sets = sets
        self.entities = Dictionary(uniqueKeysWithValues: plan.entities.map { (EntityName(rawValue: $0.name), $0) })
        self.sourceTables = Set(plan.entities.flatMap(\.sourceTables)).sorted()
    }
}
