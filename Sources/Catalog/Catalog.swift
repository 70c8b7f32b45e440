package import MigrationPlan
package import Postgres
import RowPipeline

/// Resolves a plan against the catalogs of both databases.
package enum Catalog {
    /// Reads both catalogs and resolves the plan; the findings come all at once.
    ///
    /// Blocking. The sessions must not be in a transaction: refused expressions would fail it. Reads no more rows than
    /// it takes to know how the keys are spread.
    ///
    /// - Returns: The resolved plan, nil where a finding is an error, and the findings with the plan's positions.
    /// - Throws: What says nothing about the plan: a lost connection, a server that is short of something.
    package static func resolve(
        plan: Plan,
        graph: DependencyGraph,
        source: borrowing Connection,
        target: borrowing Connection
    ) throws(PostgresError) -> (ResolvedPlan?, [Finding]) {
        let resolution = try Self.resolution(of: plan, graph: graph, source: source, target: target)
        return (resolution.plan, resolution.findings)
    }

    /// The same, with what only a check before the run needs.
    package static func resolution(
        of plan: Plan,
        graph: DependencyGraph,
        source: borrowing Connection,
        target: borrowing Connection
    ) throws(PostgresError) -> Resolution {
        var resolver = try PlanResolver(plan: plan, graph: graph, source: source, target: target)
        // The planner takes a sample's addresses for millions and has its query compiled, which takes longer than to run it.
        try source.execute("SET jit = off; SET search_path TO \(resolver.sourceSearchPath)")
        try target.execute("SET search_path TO \(resolver.targetSearchPath)")
        var entities: [ResolvedEntity] = []
        for name in graph.order {
            guard let entity = plan.entity(named: name) else { continue }
            if let resolved = try resolver.resolve(entity, position: entities.count, source: source, target: target) {
                entities.append(resolved)
            }
        }
        try source.execute("RESET jit; SET search_path TO pg_catalog")
        try target.execute("SET search_path TO pg_catalog")
        try resolver.addRebuilding(to: &entities, target)
        let isComplete =
            entities.count == plan.entities.count
            && !resolver.findings.contains { $0.severity == .error }
        let coverage = ColumnCoverage(plan: plan, entities: entities)
        if isComplete {
            resolver.findings += coverage.unread(of: resolver.sourceTables)
            resolver.findings += coverage.leftToTarget(of: resolver.targetTables)
        }
        return Resolution(
            plan: isComplete ? resolver.resolved(entities) : nil,
            entities: entities,
            findings: resolver.findings,
            undecidedIndexes: resolver.undecidedIndexes,
            entitiesWithUniqueKey: resolver.entitiesWithUniqueKey,
            sourceSearchPath: resolver.sourceSearchPath
        )
    }
}
