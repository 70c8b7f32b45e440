/// Reads one entry of the `entities:` section.
struct EntityReader {
    /// The plan's own strategy, which an entity has unless it names another.
    let strategy: IdentityStrategy
    let findings: FindingCollector

    private static let keys = [
        "phase", "from", "query", "where", "to", "key", "id", "legacy", "tag", "uuid", "into", "triggers", "priority",
        "parallelism", "columns", "checks", "unique", "differential", "keep_source_rows",
        "rebuild",
    ]

    /// The entity of an entry, nil if it isn't a mapping.
    func entity(_ entry: PlanNode.Entry) -> EntityPlan? {
        let name = entry.key
        if !PlanScalar.isName(name) {
            let message = "an entity's name must be letters, digits, `-` and `_`, not `\(PlanNode.excerpt(of: name))`"
            self.findings.error("bad-value", message, at: entry.keyPosition)
        }
        guard
            let section = PlanSection(
                entry.value,
                path: "entities.*",
                label: name,
                keys: Self.keys,
                findings: self.findings,
                at: entry.keyPosition
            )
        else { return nil }
        let columns = section.node("columns").flatMap { $0.isNull ? nil : self.columns($0, of: section) } ?? []
        let entity = EntityPlan(
            name: name,
            phase: section.text("phase"),
            from: self.table("from", section, hint: "the base table, also beside a `query:`"),
            query: section.text("query"),
            filter: section.text("where"),
            to: self.table("to", section, hint: "the target table"),
            key: section.text("key") ?? "id",
            id: self.id(section),
            legacy: section.text("legacy"),
            tag: section.integer("tag", in: 0...4095).map { UInt16($0) },
            identity: self.identity(section),
            columns: columns,
            checks: self.checks(section),
            unique: self.unique(section),
            into: section.choice("into", from: [.empty, .append], default: .empty),
            triggers: section.choice("triggers", from: [.suspend, .keep], default: .suspend),
            rebuild: section.node("rebuild")
                .flatMap {
                    section.choice(of: $0, called: "rebuild", from: [.auto, .always, .never])
                },
            priority: section.integer("priority", in: -1_000_000...1_000_000) ?? 0,
            parallelism: section.integer("parallelism", in: 1...Int.max),
            differential: self.differential(section),
            keepsRejectedRows: section.node("keep_source_rows") == nil
                ? nil : section.bool("keep_source_rows", default: true),
            position: entry.keyPosition
        )
        EntityConsistency(entity: entity, section: section, findings: self.findings).check()
        return entity
    }

    private func table(_ key: String, _ section: PlanSection, hint: String) -> String {
        let name = section.requiredText(key, hint: hint)
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        if !name.isEmpty, parts.count > 2 || parts.contains(""), let node = section.node(key) {
            section.reportValue(key, node, expected: "`table` or `schema.table`")
        }
        return name
    }

    private func id(_ section: PlanSection) -> String? {
        guard let node = section.node("id") else { return "id" }
        if case .scalar("false", isPlain: true) = node.content { return nil }
        return section.text("id")
    }

    private func identity(_ section: PlanSection) -> IdentityStrategy {
        guard let node = section.node("uuid") else { return self.strategy }
        if case .mapping = node.content {
            let shared = section.section("uuid", keys: ["same_as"])
            return (shared?.requiredText("same_as")).map { .sameAs($0) } ?? self.strategy
        }
        let word = section.choice(of: node, called: "uuid", from: StrategyWord.allCases)
        return word?.strategy ?? self.strategy
    }

    private func columns(_ node: PlanNode, of section: PlanSection) -> [ColumnPlan] {
        guard case .mapping(let entries) = node.content else {
            section.reportType("columns", node, expected: "a mapping from target columns to their values")
            return []
        }
        return entries.map { ColumnReader(entity: section.label, findings: self.findings).column($0) }
    }

    private func checks(_ section: PlanSection) -> [RowCheck] {
        var names: Set<String> = []
        return section.list("checks")
            .compactMap { node in
                let label = "\(section.label).checks"
                guard
                    let check = PlanSection(
                        node,
                        path: "entities.*.checks.*",
                        label: label,
                        keys: ["name", "sql"],
                        findings: self.findings
                    )
                else { return nil }
                let name = check.requiredText("name")
                if !name.isEmpty, !names.insert(name).inserted {
                    self.findings.error(
                        "duplicate-name",
                        "\(label): the check `\(name)` is named twice",
                        at: node.position
                    )
                }
                return RowCheck(name: name, sql: check.requiredText("sql"), position: node.position)
            }
    }

    private func unique(_ section: PlanSection) -> [UniqueRule] {
        section.list("unique")
            .compactMap { node in
                let label = "\(section.label).unique"
                guard
                    let rule = PlanSection(
                        node,
                        path: "entities.*.unique.*",
                        label: label,
                        keys: ["columns", "keep"],
                        findings: self.findings
                    )
                else { return nil }
                let columns = rule.list("columns").compactMap { rule.text(of: $0, called: "columns") }
                if columns.isEmpty {
                    rule.reportMissing("columns", hint: "the target columns that are unique together")
                }
                return UniqueRule(columns: columns, keep: self.keep(rule), position: node.position)
            }
    }

    private func keep(_ rule: PlanSection) -> UniqueRule.Keep {
        if case .mapping? = rule.node("keep")?.content {
            let newest = rule.section("keep", keys: ["newest"])
            return .newest(by: newest?.requiredText("newest") ?? "")
        }
        switch rule.choice("keep", from: KeepWord.allCases, default: .lowest) {
        case .lowest: return .lowestKey
        case .highest: return .highestKey
        }
    }

    private func differential(_ section: PlanSection) -> DifferentialSettings? {
        guard let settings = section.section("differential", keys: ["detect", "conflict", "deletes"]) else {
            return nil
        }
        let words = settings.list("detect")
        if words.isEmpty { settings.reportMissing("detect", hint: "a list of: id, timestamp, checksum") }
        return DifferentialSettings(
            detect: words.compactMap { settings.choice(of: $0, called: "detect", from: [.id, .timestamp, .checksum]) },
            conflict: settings.choice("conflict", from: [.sourceWins, .lastWriterWins, .manual], default: .sourceWins),
            deletes: settings.choice("deletes", from: [.ignore, .flag, .delete], default: .ignore),
            position: section.position(of: "differential")
        )
    }
}

extension EntityReader {
    /// The ways to settle duplicates that one word names.
    private enum KeepWord: String, CaseIterable {
        case lowest = "lowest_key"
        case highest = "highest_key"
    }
}
