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
