/// What a corrected plan changes in the middle of its run, and what of that it must not.
///
/// Rows that are in the target stay as they are; so a correction may change how values come about and which rows are
/// refused, but not which rows there are, where they go, what their UUIDs are, or what waits for what.
package struct PlanCorrection: Sendable {
    /// What keeps the new plan from being a revision of the run, each with its place; empty where nothing does.
    package let obstacles: [String]
    /// What it changes, each with its place.
    package let changes: [String]

    /// Compares the plan a run has with its corrected version.
    package init(of old: Plan, by new: Plan) {
        var comparison = Comparison()
        comparison.compare(old, new)
        self.obstacles = comparison.obstacles
        self.changes = comparison.changes
    }
}

private struct Comparison {
    var obstacles: [String] = []
    var changes: [String] = []

    mutating func compare(_ old: Plan, _ new: Plan) {
        self.keep("name", old.name, new.name)
        self.keep("uuid.namespace", old.uuid.namespace, new.uuid.namespace)
        self.keep("source.schema", old.source.schema, new.source.schema)
        self.keep("target.schema", old.target.schema, new.target.schema)
        if old.source.timeZone != new.source.timeZone { self.changes.append("source.timezone") }
        var settings = new.run
        settings.position = old.run.position
        if settings != old.run { self.changes.append("run") }
        let names = Set(old.entities.map(\.name))
        for entity in new.entities where !names.contains(entity.name) {
            self.obstacles.append("\(entity.name): the run has no such entity")
        }
        for entity in old.entities {
            guard let corrected = new.entity(named: entity.name) else {
                self.obstacles.append("\(entity.name): it is missing")
                continue
            }
            self.compare(entity, corrected)
        }
    }

    private mutating func compare(_ old: EntityPlan, _ new: EntityPlan) {
        let name = old.name
        self.keep("\(name).from", old.from, new.from)
        self.keep("\(name).to", old.to, new.to)
        self.keep("\(name).key", old.key, new.key)
        self.keep("\(name).id", old.id ?? "false", new.id ?? "false")
        self.keep("\(name).legacy", old.legacy ?? "none", new.legacy ?? "none")
        self.keep("\(name).uuid", old.identity.text, new.identity.text)
        self.keep("\(name).tag", old.tag.map(String.init) ?? "none", new.tag.map(String.init) ?? "none")
        self.keep("\(name).into", old.into.rawValue, new.into.rawValue)
        self.keep("\(name).where", old.filter ?? "none", new.filter ?? "none")
        self.keep("\(name).unique", old.uniqueText, new.uniqueText)
        self.keep("\(name): what it waits for", old.parentsText, new.parentsText)
        self.keep("\(name): what is filled in a second pass", old.deferredText, new.deferredText)
        if old.query != new.query { self.changes.append("\(name).query") }
        let checks = [old, new].map { $0.checks.map { [$0.name, $0.sql] } }
        if checks[0] != checks[1] { self.changes.append("\(name).checks") }
        if old.triggers != new.triggers { self.changes.append("\(name).triggers") }
        let columns = Dictionary(old.columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for column in new.columns {
            var same = column
            same.position = columns[column.name]?.position ?? column.position
            if columns[column.name] != same { self.changes.append("\(name).\(column.name)") }
        }
        for column in old.columns where !new.columns.contains(where: { $0.name == column.name }) {
            self.changes.append("\(name).\(column.name)")
        }
    }

    private mutating func keep(_ place: String, _ old: String, _ new: String) {
        if old != new { self.obstacles.append("\(place): \(old) became \(new)") }
    }
}

extension EntityPlan {
    fileprivate var uniqueText: String {
        self.unique.isEmpty
            ? "none"
            : self.unique
                .map { rule in
                    let keep =
                        switch rule.keep {
                        case .lowestKey: "lowest_key"
                        case .highestKey: "highest_key"
                        case .newest(let expression): "newest \(expression)"
                        }
                    return "(\(rule.columns.joined(separator: ", "))) keep \(keep)"
                }
                .joined(separator: ", ")
    }

    fileprivate var parentsText: String {
        var parents = Set(
            self.columns.flatMap { column -> [String] in
                switch column.value {
                case .reference(let reference) where reference.isDeferred: []
                case .reference, .json: column.parents
                case .copy, .sql, .map, .constant, .uuid, .targetDefault: []
                }
            }
        )
        if case .sameAs(let owner) = self.identity { parents.insert(owner) }
        return parents.isEmpty ? "nothing" : parents.sorted().joined(separator: ", ")
    }

    fileprivate var deferredText: String {
        let columns = self.columns.compactMap { column -> String? in
            guard case .reference(let reference) = column.value, reference.isDeferred else { return nil }
            return "\(column.name) (\(column.parents.joined(separator: ", ")))"
        }
        return columns.isEmpty ? "nothing" : columns.sorted().joined(separator: ", ")
    }
}

extension IdentityStrategy {
    fileprivate var text: String {
        switch self {
        case .ordered: "ordered"
        case .v5: "v5"
        case .v4: "v4"
        case .v7: "v7"
        case .stored: "stored"
        case .sameAs(let entity): "same_as \(entity)"
        }
    }
}
