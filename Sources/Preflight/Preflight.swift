import Catalog
package import MigrationPlan
package import Postgres

/// What can be known about a migration before it starts, without changing either database.
package enum Preflight {
    /// Looks at both servers, resolves the plan, and reads the source for what would be rejected.
    ///
    /// Blocking. Every finding comes at once.
    ///
    /// - Parameters:
    ///   - plan: The plan as loaded.
    ///   - graph: Its dependencies.
    ///   - source: A session outside any transaction.
    ///   - target: A session outside any transaction.
    ///   - readsData: Whether queries over whole tables are allowed (duplicate keys, losers of unique rules).
    /// - Returns: The findings, the resolved plan if none is an error, and estimates.
    /// - Throws: What says nothing about the plan: a lost connection, a server that is short of something.
    package static func check(
        plan: Plan,
        graph: DependencyGraph,
        source: borrowing Connection,
        target: borrowing Connection,
        readsData: Bool = true
    ) throws(PostgresError) -> PreflightReport {
        let sourceServer = try ServerFacts(source)
        let targetServer = try ServerFacts(target)
        var findings = ServerChecks(server: sourceServer, side: .source)
            .findings(
                budget: plan.run.connections.source,
                at: plan.source.position,
                budgetAt: plan.run.position
            )
        findings += ServerChecks(server: targetServer, side: .target)
            .findings(
                budget: plan.run.connections.target,
                at: plan.target.position,
                budgetAt: plan.run.position
            )
        let resolution = try Catalog.resolution(of: plan, graph: graph, source: source, target: target)
        findings += resolution.findings
        if readsData {
            try source.execute("SET search_path TO \(resolution.sourceSearchPath)")
            for entity in resolution.entities {
                guard let planned = plan.entity(named: entity.name) else { continue }
                let undecided = resolution.undecidedIndexes[entity.name] ?? []
                let checks = DataChecks(
                    entity: entity,
                    planned: planned,
                    undecidedIndexes: undecided,
                    hasUniqueKey: resolution.entitiesWithUniqueKey.contains(entity.name)
                )
                findings += try checks.findings(source)
            }
            try source.execute("SET search_path TO pg_catalog")
        }
        let hasErrors = findings.contains { $0.severity == .error }
        return PreflightReport(
            plan: hasErrors ? nil : resolution.plan,
            findings: FindingReport.sorted(findings),
            entities: resolution.entities,
            estimates: resolution.entities.map(EntityEstimate.init),
            source: sourceServer,
            target: targetServer
        )
    }
}
