/// Turns the nodes of a plan into the typed plan, section by section.
///
/// Where a value is wrong the reader reports it and goes on with a stand-in, so that the rest is judged too; with an
/// error among the findings the plan is discarded in the end.
struct PlanReader {
    let findings: FindingCollector

    private static let keys = [
        "version", "name", "source", "target", "uuid", "phases", "run", "entities", "rules", "metrics",
    ]

    /// The plan in the root node, nil if it isn't a mapping at all.
    func plan(_ root: PlanNode, text: String) -> Plan? {
        if root.isNull {
            self.findings.error("empty-plan", "the plan is empty", at: Position(line: 1, column: 1))
            return nil
        }
        guard
            let section = PlanSection(root, path: "", label: "the plan", keys: Self.keys, findings: self.findings)
        else { return nil }
        self.checkVersion(section)
        let uuid = self.uuid(section)
        var read = Plan(
            name: self.name(section),
            source: self.source(section),
            target: self.target(section),
            uuid: uuid,
            run: RunReader.settings(section),
            phases: self.phases(section),
            entities: self.entities(section, strategy: uuid.strategy),
            rules: self.rules(section),
            metrics: self.metrics(section),
            text: text,
            hash: PlanHash.hex(of: text)
        )
        read.phasesPosition = section.has("phases") ? section.position(of: "phases") : .none
        return read
    }

    private func checkVersion(_ section: PlanSection) {
        guard section.has("version") else { return section.reportMissing("version", hint: "write `version: 1`") }
        _ = section.integer("version", in: 1...1)
    }

    private func name(_ section: PlanSection) -> String {
        let name = section.requiredText("name")
        if !name.isEmpty && !PlanScalar.isName(name), let node = section.node("name") {
            section.reportValue("name", node, expected: "letters, digits, `-` and `_`")
        }
        return name
    }

    private func source(_ plan: PlanSection) -> SourceSettings {
        let section = plan.section("source", keys: ["schema", "timezone"])
        return SourceSettings(
            schema: section?.text("schema") ?? "public",
            timeZone: section?.text("timezone"),
            position: section == nil ? .none : plan.position(of: "source")
        )
    }

    private func target(_ plan: PlanSection) -> TargetSettings {
        let section = plan.section("target", keys: ["schema"])
        return TargetSettings(
            schema: section?.text("schema") ?? "public",
            position: section == nil ? .none : plan.position(of: "target")
        )
    }

    private func uuid(_ plan: PlanSection) -> UUIDSettings {
        guard plan.has("uuid") else {
            plan.reportMissing(
                "uuid",
                hint: "write `uuid: { strategy: ordered, namespace: … }` with a UUID of your own"
            )
            return UUIDSettings(strategy: .ordered, namespace: "", position: .none)
        }
        guard let section = plan.section("uuid", keys: ["strategy", "namespace"]) else {
            if plan.node("uuid")?.isNull == true { plan.reportMissing("uuid.namespace") }
            return UUIDSettings(strategy: .ordered, namespace: "", position: plan.position(of: "uuid"))
        }
        if !section.has("namespace") {
            section.reportMissing("namespace", hint: "make one once with `uuidgen` and never change it")
        }
        let namespace = section.scalar("namespace", expected: "a UUID of 36 characters", parse: PlanScalar.uuid)
        let strategy = section.choice("strategy", from: StrategyWord.allCases, default: .ordered)
        return UUIDSettings(
            strategy: strategy.strategy,
            namespace: namespace ?? "",
            position: plan.position(of: "uuid")
        )
    }

    private func phases(_ plan: PlanSection) -> [String] {
        var phases: [String] = []
        for node in plan.list("phases") {
            guard let phase = plan.text(of: node, called: "phases") else { continue }
            if phases.contains(phase) {
                self.findings.error("duplicate-name", "the phase `\(phase)` is listed twice", at: node.position)
            } else {
                phases.append(phase)
            }
        }
        return phases
    }

    private func entities(_ plan: PlanSection, strategy: IdentityStrategy) -> [EntityPlan] {
        guard let node = plan.node("entities"), !node.isNull else {
            self.findings.error(
                "empty-plan",
                "the plan names no entities",
                hint: "each entry of `entities:` moves one source table into one target table",
                at: plan.position(of: "entities")
            )
            return []
        }
        guard case .mapping(let entries) = node.content else {
            plan.reportType("entities", node, expected: "a mapping from names to entities")
            return []
        }
        if entries.isEmpty {
            self.findings.error("empty-plan", "the plan names no entities", at: node.position)
        }
        return entries.compactMap { EntityReader(strategy: strategy, findings: self.findings).entity($0) }
    }

    private func rules(_ plan: PlanSection) -> [BusinessRule] {
        plan.list("rules")
            .compactMap { node in
                let keys = ["name", "entity", "on", "sql"]
                guard
                    let section = PlanSection(
                        node,
                        path: "rules.*",
                        label: "a rule",
                        keys: keys,
                        findings: self.findings
                    )
                else { return nil }
                if !section.has("on") { section.reportMissing("on", hint: "allowed: before, after, delete") }
                return BusinessRule(
                    name: section.requiredText("name"),
                    entity: section.requiredText("entity"),
                    moment: section.choice("on", from: [.before, .after, .delete], default: .after),
                    sql: section.requiredText("sql"),
                    position: node.position
                )
            }
    }

    private func metrics(_ plan: PlanSection) -> [BusinessMetric] {
        plan.list("metrics")
            .compactMap { node in
                let keys = ["name", "source", "target"]
                guard
                    let section = PlanSection(
                        node,
                        path: "metrics.*",
                        label: "a metric",
                        keys: keys,
                        findings: self.findings
                    )
                else { return nil }
                return BusinessMetric(
                    name: section.requiredText("name"),
                    source: section.requiredText("source"),
                    target: section.requiredText("target"),
                    position: node.position
                )
            }
    }
}
