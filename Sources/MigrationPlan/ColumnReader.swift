/// Reads one entry of an entity's `columns:`.
struct ColumnReader {
    let entity: String
    let findings: FindingCollector

    /// The column of an entry; a copy of its own name stands in for a value that can't be told.
    func column(_ entry: PlanNode.Entry) -> ColumnPlan {
        let label = "\(self.entity).\(entry.key)"
        var column = ColumnPlan(
            name: entry.key,
            value: .copy(column: entry.key),
            isPersonal: false,
            onTooLong: .reject,
            position: entry.keyPosition
        )
        if case .scalar(let name, _) = entry.value.content, !entry.value.isNull, !name.isEmpty {
            column.value = .copy(column: name)
            return column
        }
        guard case .mapping = entry.value.content else {
            self.findings.error(
                "wrong-type",
                "\(label) must be a source column or a mapping, not \(entry.value.kind)",
                hint:
                    "`\(entry.key): { value: null }` makes it NULL, `\(entry.key): { default: true }` leaves it to the target",
                at: entry.keyPosition
            )
            return column
        }
        guard
            let section = PlanSection(
                entry.value,
                path: "entities.*.columns.*",
                label: label,
                keys: ColumnKind.everyKey,
                findings: self.findings,
                at: entry.keyPosition
            ), let kind = self.kind(of: section)
        else { return column }
        self.reportMisplaced(section, kind)
        column.isPersonal = section.bool("pii", default: false)
        column.onTooLong = section.choice("too_long", from: [.reject, .truncate], default: .reject)
        column.value = self.value(of: section, kind, name: entry.key) ?? column.value
        return column
    }

    /// The one kind a mapping has; nil, with a finding, where it has several.
    private func kind(of section: PlanSection) -> ColumnKind? {
        let named = ColumnKind.allCases.filter { $0 != .copy && section.has($0.rawValue) }
        if named.count > 1 || (section.has("from") && named.first.map { $0 != .map } ?? false) {
            let kinds = ((section.has("from") && !named.contains(.map) ? [.copy] : []) + named)
                .map { "`\($0.rawValue)`" }
            self.findings.error(
                "column-kind",
                "\(section.label) has more than one kind: \(kinds.joined(separator: ", "))",
                hint: "keep one of them",
                at: section.position
            )
            return nil
        }
        return named.first ?? .copy
    }

    private func reportMisplaced(_ section: PlanSection, _ kind: ColumnKind) {
        for key in ColumnKind.everyKey where section.has(key) && !kind.keys.contains(key) {
            let owners = ColumnKind.allCases.filter { $0.keys.contains(key) }.map { "`\($0.rawValue)`" }
            self.findings.error(
                "misplaced-key",
                "\(section.label): `\(key)` doesn't belong to a column of kind `\(kind.rawValue)`",
                hint:
                    "it belongs to \(owners.joined(separator: ", ")); keys of this kind: \(kind.keys.joined(separator: ", "))",
                at: section.position(of: key)
            )
        }
    }

    private func value(of section: PlanSection, _ kind: ColumnKind, name: String) -> ColumnValue? {
        switch kind {
        case .copy:
            return .copy(column: section.has("from") ? section.requiredText("from") : name)
        case .sql:
            return .sql(section.requiredText("sql"))
        case .ref:
            return ReferenceReader(findings: self.findings).reference(section).map { .reference($0) }
        case .map:
            return self.map(section).map { .map($0) }
        case .json:
            return .json(self.json(section))
        case .value:
            return self.constant(section)
        case .uuid:
            return .uuid(
                entity: section.requiredText("uuid"),
                by: section.requiredText("by", hint: "a source expression")
            )
        case .default:
            if !section.bool("default", default: true), let node = section.node("default") {
                section.reportValue("default", node, expected: "true", hint: "leave the column out instead")
            }
            return .targetDefault
        }
    }

    private func constant(_ section: PlanSection) -> ColumnValue? {
        guard let node = section.node("value") else { return nil }
        if node.isNull { return .constant(nil) }
        guard case .scalar(let text, _) = node.content else {
            section.reportType("value", node, expected: "text or null", hint: "for a list or a document write its text")
            return nil
        }
        return .constant(text)
    }

    private func json(_ section: PlanSection) -> JSONPlan {
        let references = section.list("json_refs")
            .compactMap { node -> JSONPlan.EmbeddedReference? in
                let label = "\(section.label).json_refs"
                let keys = ["path", "ref", "on_orphan"]
                guard
                    let reference = PlanSection(
                        node,
                        path: "entities.*.columns.*.json_refs.*",
                        label: label,
                        keys: keys,
                        findings: self.findings
                    )
                else { return nil }
                return JSONPlan.EmbeddedReference(
                    path: self.path(reference),
                    entity: reference.requiredText("ref"),
                    onOrphan: ReferenceReader(findings: self.findings).orphanPolicy(reference)
                )
            }
        let invalid = section.choice(
            "on_invalid",
            from: [.null, .reject, .repair, .wrap],
            default: JSONPlan.InvalidPolicy.reject
        )
        return JSONPlan(from: section.requiredText("json"), onInvalid: invalid, references: references)
    }

    /// Member names joined with dots, each with any number of `[*]` behind it.
    private func path(_ section: PlanSection) -> String {
        let path = section.requiredText("path", hint: "as in `stages[*].case_id`")
        let isWellFormed = path.split(separator: ".", omittingEmptySubsequences: false)
            .allSatisfy { part in
                var name = part
                while name.hasSuffix("[*]") { name = name.dropLast(3) }
                return !name.contains { "[]*".contains($0) }
                    && (!name.isEmpty || part.startIndex == path.startIndex && !part.isEmpty)
            }
        if !path.isEmpty, !isWellFormed, let node = section.node("path") {
            section.reportValue(
                "path",
                node,
                expected: "member names joined with dots",
                hint: "as in `stages[*].case_id`"
            )
        }
        return path
    }

    private func map(_ section: PlanSection) -> MapPlan? {
        guard let node = section.node("map"), case .mapping(let entries) = node.content else {
            if let node = section.node("map") {
                section.reportType("map", node, expected: "a mapping from values to values")
            }
            return nil
        }
        var table: [String: String?] = [:]
        for entry in entries {
            guard case .scalar(let text, _) = entry.value.content else {
                section.reportType("map.\(entry.key)", entry.value, expected: "text or null")
                continue
            }
            table.updateValue(entry.value.isNull ? nil : text, forKey: entry.key)
        }
        if entries.isEmpty { section.reportValue("map", node, expected: "at least one value") }
        var null: String?
        if let node = section.node("null"), !node.isNull {
            if case .scalar(let text, _) = node.content {
                null = text
            } else {
                section.reportType("null", node, expected: "text or null")
            }
        }
        return MapPlan(
            from: section.requiredText("from", hint: "the source expression whose values are looked up"),
            table: table,
            otherwise: self.otherwise(section),
            null: null
        )
    }

    private func otherwise(_ section: PlanSection) -> MapPlan.Otherwise {
        guard let node = section.node("else") else { return .reject }
        if node.isNull { return .null }
        switch node.content {
        case .scalar("reject", _):
            return .reject
        case .mapping:
            let value = section.section("else", keys: ["value"])
            if let node = value?.node("value"), case .scalar(let text, _) = node.content {
                return node.isNull ? .null : .value(text)
            }
            value?.reportMissing("value")
            return .reject
        default:
            let hint = "a fixed value is `else: { value: … }`"
            section.reportValue("else", node, expected: "reject, null or a value", hint: hint)
            return .reject
        }
    }
}
