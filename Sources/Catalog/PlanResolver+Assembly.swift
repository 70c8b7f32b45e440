import MigrationPlan
import RowPipeline

extension PlanResolver {
    /// Puts one entity together.
    func assemble(
        _ entity: EntityPlan,
        _ position: Int,
        _ identity: EntityIdentity,
        _ facts: SourceFacts,
        _ target: CatalogTable,
        _ compiled: CompiledEntity,
        _ tables: [String],
        _ shape: EntityShape,
        _ statistics: SourceStatistics
    ) -> ResolvedEntity {
        // A view can't be locked by itself; the tables below it are among those the query reads.
        let own = ["r", "p", "m"].contains(facts.table.kind) ? [facts.table.sql] : []
        return ResolvedEntity(
            name: entity.name,
            phase: self.graph.phase(of: entity.name) ?? entity.phase ?? "",
            position: position,
            dependencies: self.graph.dependencies(of: entity.name),
            recordsPresence: self.graph.edges.contains { $0.parent == entity.name },
            sourceTables: Array(Set(tables + own)).sorted(),
            baseTable: facts.table.sql,
            targetTable: target.sql,
            key: SQLText.identifier(entity.key),
            legacyColumn: entity.legacy.map(SQLText.identifier),
            idColumn: entity.id.map(SQLText.identifier),
            identity: identity,
            program: compiled.program,
            select: compiled.select,
            filter: entity.filter,
            rowExpression: RowExpression.text(of: facts.table, types: self.sourceTypes),
            fill: compiled.fill,
            uniqueRules: compiled.uniqueRules,
            stagingColumns: compiled.stagingColumns,
            triggersToSuspend: entity.triggers == .suspend && target.isOwned ? target.triggers.map(\.name) : [],
            overridesIdentity: compiled.overridesIdentity,
            priority: entity.priority,
            parallelism: entity.parallelism,
            into: entity.into,
            statistics: statistics,
            keepsRejectedRows: entity.keepsRejectedRows,
            shape: shape,
            // An index does not reach into the tables that inherit from its own, and its order is not a partitioned table's.
            readsInKeyOrder: entity.query == nil && facts.table.kind == "r" && facts.table.heirs.isEmpty
                && facts.table.isUnique(entity.key)
        )
    }

    /// Puts the plan together.
    func resolved(_ entities: [ResolvedEntity]) -> ResolvedPlan {
        ResolvedPlan(
            name: self.plan.name,
            planHash: self.plan.hash,
            namespace: self.plan.uuid.namespace,
            phases: self.graph.phases.map(\.label),
            entities: entities,
            policy: RunPolicy(self.plan.run),
            sourceSearchPath: self.sourceSearchPath,
            targetSearchPath: self.targetSearchPath
        )
    }
}
