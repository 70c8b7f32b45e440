/// Reads the references of a `ref:` column and the orphan policies of all references.
struct ReferenceReader {
    let findings: FindingCollector

    /// The reference of a column, nil where it names no parent.
    func reference(_ section: PlanSection) -> ReferencePlan? {
        guard let node = section.node("ref") else { return nil }
        let alternatives: [ReferencePlan.Alternative]
        if case .sequence(let nodes) = node.content {
            for key in ["by", "when"] where section.has(key) {
                let message = "\(section.label): `\(key)` belongs into the entries of `ref:` where that is a list"
                self.findings.error("misplaced-key", message, at: section.position(of: key))
            }
            alternatives = self.alternatives(nodes, of: section)
            if nodes.isEmpty {
                section.reportValue("ref", node, expected: "an entity or at least one `{ to, by, when }`")
            }
        } else {
            let entity = section.requiredText("ref")
            let by = section.requiredText("by", hint: "the source expression that yields the parent's integer id")
            alternatives = [ReferencePlan.Alternative(entity: entity, by: by, when: section.text("when"))]
        }
        guard !alternatives.isEmpty else { return nil }
        return ReferencePlan(
            alternatives: alternatives,
            onOrphan: self.orphanPolicy(section),
            isDeferred: section.bool("deferred", default: false)
        )
    }

    private func alternatives(_ nodes: [PlanNode], of column: PlanSection) -> [ReferencePlan.Alternative] {
        var alternatives: [ReferencePlan.Alternative] = []
        for (index, node) in nodes.enumerated() {
            guard
                let section = PlanSection(
                    node,
                    path: "entities.*.columns.*.ref.*",
                    label: "\(column.label).ref",
                    keys: ["to", "by", "when"],
                    findings: self.findings
                )
            else { continue }
            let alternative = ReferencePlan.Alternative(
                entity: section.requiredText("to"),
                by: section.requiredText("by"),
                when: section.text("when")
            )
            if alternative.when == nil && !section.has("when") && index < nodes.count - 1 {
                let message = "\(column.label): the alternatives after `\(alternative.entity)` are never tried"
                self.findings.error("unreachable-alternative", message, hint: "give it a `when:`", at: node.position)
            }
            alternatives.append(alternative)
        }
        return alternatives
    }

    /// `on_orphan:` of a reference; reject where it is left out.
    func orphanPolicy(_ section: PlanSection) -> ReferencePlan.OrphanPolicy {
        guard let node = section.node("on_orphan") else { return .reject }
        if node.isNull { return .null }
        let hint = "allowed: reject, null, fail, { placeholder: ID }"
        switch node.content {
        case .scalar("reject", _): return .reject
        case .scalar("fail", _): return .fail
        case .scalar("null", _): return .null
        case .mapping:
            let placeholder = section.section("on_orphan", keys: ["placeholder"])
            if placeholder?.has("placeholder") == false { placeholder?.reportMissing("placeholder") }
            return placeholder?.integer("placeholder", in: Int.min...Int.max).map { .placeholder(Int64($0)) } ?? .reject
        default:
            section.findings.error(
                "bad-value",
                "\(section.label): `on_orphan` can't be \(node.kind)",
                hint: hint,
                at: node.position
            )
            return .reject
        }
    }
}
