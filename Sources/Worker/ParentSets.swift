import RowPipeline

/// What a transformer has to know besides its program: how ids become UUIDs, and which parents are there.
struct ParentSets: Sendable {
    var identities: [String: EntityIdentity]
    var environment: TransformEnvironment
}
