/// What must hold within one entity.
struct EntityConsistency {
    let entity: EntityPlan
    let section: PlanSection
    let findings: FindingCollector

    func check() {
        self.checkIdentity()
        self.checkColumnNames()
        self.checkUnique()
    }

    private func checkIdentity() {
        let name = self.entity.name
        if self.entity.identity != .ordered && self.section.has("tag") {
            self.findings.error(
                "misplaced-key",
                "\(name): `tag` belongs to the `ordered` strategy only",
                hint: "remove it",
                at: self.section.position(of: "tag")
            )
        }
        if self.entity.id == nil && self.section.has("uuid") {
            let message = "\(name): `uuid` needs a UUID column, and `id: false` says there is none"
            self.findings.error("misplaced-key", message, at: self.section.position(of: "uuid"))
        }
        switch self.entity.identity {
        case .v4, .v7, .stored:
            guard self.entity.legacy == nil && self.entity.id != nil && !self.section.has("legacy") else { return }
            self.findings.error(
                "missing-key",
                "\(name): `legacy` is missing, where the map from keys to UUIDs is kept",
                hint: "only `ordered` and `v5` can do without it",
                at: self.entity.position
            )
        case .ordered, .v5, .sameAs:
            return
        }
    }

    private func checkColumnNames() {
        let own = [("id", self.entity.id), ("legacy", self.entity.legacy)]
        for column in self.entity.columns {
            for (key, name) in own where name == column.name {
                let message = "\(self.entity.name).\(column.name) is the entity's `\(key)` column already"
                self.findings.error("column-clash", message, hint: "remove it from `columns:`", at: column.position)
            }
        }
        if let id = self.entity.id, id == self.entity.legacy {
            let message = "\(self.entity.name): `id` and `legacy` are the same column"
            self.findings.error("column-clash", message, at: self.section.position(of: "legacy"))
        }
    }

    private func checkUnique() {
        let names = self.entity.columns.map(\.name)
        for rule in self.entity.unique {
            for column in rule.columns where !names.contains(column) {
                let message = "\(self.entity.name).unique: `\(column)` is not among the entity's columns"
                let nearest = Suggestion.nearest(to: column, among: names).map { "did you mean `\($0)`? " } ?? ""
                let hint = "\(nearest)list it under `columns:`, as in `\(column): \(column)`"
                self.findings.error("unknown-column", message, hint: hint, at: rule.position)
            }
        }
    }
}
