import MigrationPlan
import RowPipeline

/// What the compiler contributes to a `ResolvedEntity`.
struct CompiledEntity {
    var program: RowProgram
    var select: SourceSelect
    var fill: FillPass?
    var uniqueRules: [UniqueRuleQuery]
    var stagingColumns: [StagingColumn]
    var overridesIdentity: Bool
}

extension CompiledEntity {
    /// What the source is asked about before each shard: the columns that its SELECTs name, and the plan's expressions.
    ///
    /// By the words of the SQL: a column that shares its name with something else is asked about as well.
    func sourceFields(_ facts: SourceFacts) -> [String] {
        let words = Set(ColumnCoverage.words(of: self.sourceTexts))
        return facts.columns.map(\.name).filter { words.contains($0.lowercased()) }
            .map { "source.\(SQLText.identifier($0))" } + facts.expressions.keys.sorted().map { "(\($0))" }
    }

    /// Columns of the base table whose bytes are read, by the same words.
    func columnsRead(of table: CatalogTable, query: String?) -> [String] {
        let words = Set(ColumnCoverage.words(of: self.sourceTexts + (query.map { [$0] } ?? [])))
        return table.columns.map(\.name).filter { words.contains($0.lowercased()) }
    }

    private var sourceTexts: [String] {
        let selects = self.fill.map { [self.select, $0.select] } ?? [self.select]
        return selects.flatMap { $0.expressions + [$0.key, $0.condition ?? ""] }
    }

    /// What the target is asked about: the columns that either pass writes, or by which a row is found.
    func targetFields(_ entity: EntityPlan) -> [String] {
        let names =
            self.program.outputs.map(\.name) + (self.fill?.program.outputs.map(\.name) ?? [])
            + [entity.id, entity.legacy].compactMap { $0 }
        return Set(names).sorted().map(SQLText.identifier)
    }
}
