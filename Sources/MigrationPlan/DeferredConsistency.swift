/// What must hold for references that are filled in a second pass.
enum DeferredConsistency {
    /// The findings about a plan whose deferred references are marked.
    static func findings(in plan: Plan) -> [Finding] {
        plan.entities.flatMap { entity in
            entity.columns.compactMap { column -> Finding? in
                guard case .reference(let reference) = column.value, reference.isDeferred else { return nil }
                return Self.finding(about: column, reference, in: entity)
            }
        }
    }

    /// A second pass starts from NULL, so no row can be refused for the reference any more, and it finds its rows
    /// in the target by their UUID or source key.
    private static func finding(about column: ColumnPlan, _ reference: ReferencePlan, in entity: EntityPlan) -> Finding?
    {
        let name = "\(entity.name).\(column.name)"
        if reference.onOrphan == .reject || reference.onOrphan == .fail {
            return Finding(
                .error,
                "deferred-policy",
                "\(name) is filled in a second pass, when its row can't be refused any more",
                hint: "write `on_orphan: null` or `on_orphan: { placeholder: ID }`",
                at: column.position
            )
        }
        guard entity.id == nil && entity.legacy == nil else { return nil }
        return Finding(
            .error,
            "deferred-without-key",
            "\(name) is filled in a second pass, which can't find the rows of a table without `id` and `legacy`",
            hint: "name the column that keeps the source key: `legacy: COLUMN`",
            at: column.position
        )
    }
}
