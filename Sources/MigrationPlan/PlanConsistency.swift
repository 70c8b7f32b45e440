/// What must hold between the parts of a plan, other than the order of its references.
struct PlanConsistency {
    private var plan: Plan
    private var findings: [Finding] = []

    /// The findings about a plan, whose missing tags are filled in.
    static func findings(in plan: inout Plan) -> [Finding] {
        var consistency = Self(plan: plan)
        consistency.assignTags()
        consistency.checkReferences()
        consistency.checkNames()
        consistency.checkPhaseNames()
        plan = consistency.plan
        return consistency.findings
    }

    private init(plan: Plan) {
        self.plan = plan
    }

    private mutating func assignTags() {
        var owners: [UInt16: String] = [:]
        for entity in self.plan.entities {
            guard let tag = entity.tag, entity.identity == .ordered else { continue }
            if let owner = owners[tag] {
                self.findings.append(
                    Finding(
                        .error,
                        "duplicate-tag",
                        "\(entity.name) has the tag \(tag) of \(owner)",
                        hint:
                            "tags are unique in the plan, 0–4095; once rows have been migrated an entity keeps its own",
                        at: entity.position
                    )
                )
            } else {
                owners[tag] = entity.name
            }
        }
        for index in self.plan.entities.indices {
            let entity = self.plan.entities[index]
            guard entity.tag == nil, entity.identity == .ordered, entity.id != nil else { continue }
            let tag = PlanHash.tag(for: entity.name)
            self.plan.entities[index].tag = tag
            if let owner = owners[tag] {
                let free = (0...UInt16(4095)).first { owners[$0] == nil } ?? 0
                self.findings.append(
                    Finding(
                        .error,
                        "tag-clash",
                        "\(entity.name) has no `tag:`, and the one its name gives it, \(tag), is that of \(owner)",
                        hint: "write into the plan: `tag: \(free)`",
                        at: entity.position
                    )
                )
            } else {
                owners[tag] = entity.name
                self.findings.append(
                    Finding(
                        .warning,
                        "derived-tag",
                        "\(entity.name) has no `tag:`, so its name decides it",
                        hint: "write into the plan: `tag: \(tag)`",
                        at: entity.position
                    )
                )
            }
        }
    }

    private mutating func checkReferences() {
        for entity in self.plan.entities {
            if case .sameAs(let other) = entity.identity {
                self.checkParent(other, "\(entity.name): `same_as`", at: entity.position)
            }
            for column in entity.columns {
                for parent in column.parents {
                    self.checkParent(parent, "\(entity.name).\(column.name)", at: column.position)
                }
            }
        }
        for rule in self.plan.rules {
            self.checkEntity(rule.entity, "the rule `\(rule.name)`", at: rule.position)
        }
    }

    /// Reports a parent that the plan doesn't have, or that has no UUID to refer to.
    private mutating func checkParent(_ name: String, _ what: String, at position: Position) {
        guard self.checkEntity(name, what, at: position), self.plan.entity(named: name)?.id == nil else { return }
        self.findings.append(
            Finding(
                .error,
                "parent-without-id",
                "\(what) refers to \(name), which has no UUID column (`id: false`)",
                at: position
            )
        )
    }

    @discardableResult
    private mutating func checkEntity(_ name: String, _ what: String, at position: Position) -> Bool {
        guard !name.isEmpty, self.plan.entity(named: name) == nil else { return !name.isEmpty }
        let names = self.plan.entities.map(\.name)
        let hint = Suggestion.hint(for: name, among: names, called: "entities")
        let message = "\(what) refers to `\(PlanNode.excerpt(of: name))`, which is no entity of the plan"
        self.findings.append(Finding(.error, "unknown-entity", message, hint: hint, at: position))
        return false
    }

    private mutating func checkNames() {
        let rules = self.plan.rules.map { ("rule", $0.name, $0.position) }
        let metrics = self.plan.metrics.map { ("metric", $0.name, $0.position) }
        for named in [rules, metrics] {
            var names: Set<String> = []
            for (noun, name, position) in named where !name.isEmpty && !names.insert(name).inserted {
                self.findings.append(
                    Finding(.error, "duplicate-name", "the \(noun) `\(name)` is named twice", at: position)
                )
            }
        }
    }

    private mutating func checkPhaseNames() {
        guard !self.plan.phases.isEmpty else { return }
        for entity in self.plan.entities {
            guard let phase = entity.phase, !self.plan.phases.contains(phase) else { continue }
            let message = "\(entity.name) is pinned to the phase `\(phase)`, which `phases:` doesn't list"
            let hint = Suggestion.hint(for: phase, among: self.plan.phases, called: "phases")
            self.findings.append(Finding(.error, "unknown-phase", message, hint: hint, at: entity.position))
        }
    }
}
