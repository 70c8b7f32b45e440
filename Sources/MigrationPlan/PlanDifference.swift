/// What has changed between two texts of a plan, key by key.
package enum PlanDifference {
    /// One line a key that differs, with its path and both values: `entities.orders.tag: 6, now 7`.
    ///
    /// Comments, layout and the order of keys do not count.
    package static func between(_ before: String, _ after: String) -> [String] {
        let old = PlanDocument.read(before, into: FindingCollector()).root
        let new = PlanDocument.read(after, into: FindingCollector()).root
        guard let old, let new else { return old == nil && new == nil ? [] : ["one of them is no YAML"] }
        var changes: [String] = []
        Self.compare(old, new, at: "", into: &changes)
        return changes
    }

    private static func compare(_ old: PlanNode, _ new: PlanNode, at path: String, into changes: inout [String]) {
        switch (old.content, new.content) {
        case (.mapping(let before), .mapping(let after)):
            let values = Dictionary(after.map { ($0.key, $0.value) }) { first, _ in first }
            for entry in before {
                let place = path.isEmpty ? entry.key : "\(path).\(entry.key)"
                if let value = values[entry.key] {
                    Self.compare(entry.value, value, at: place, into: &changes)
                } else {
                    changes.append("\(place): \(Self.text(entry.value)), now gone")
                }
            }
            let known = Set(before.map(\.key))
            for entry in after where !known.contains(entry.key) {
                let place = path.isEmpty ? entry.key : "\(path).\(entry.key)"
                changes.append("\(place): new, \(Self.text(entry.value))")
            }
        case (.sequence(let before), .sequence(let after)) where before.count == after.count:
            for (index, pair) in zip(before, after).enumerated() {
                Self.compare(pair.0, pair.1, at: "\(path)[\(index)]", into: &changes)
            }
        case (.scalar(let before, let wasPlain), .scalar(let after, let isPlain)):
            // A quoted number is a text: the same letters may mean something else.
            if before != after || (old.isNull || new.isNull) && wasPlain != isPlain {
                changes.append("\(path): \(Self.text(old)), now \(Self.text(new))")
            }
        default:
            changes.append("\(path): \(Self.text(old)), now \(Self.text(new))")
        }
    }

    private static func text(_ node: PlanNode) -> String {
        switch node.content {
        case .scalar where node.isNull: "null"
        case .scalar(let text, _): PlanNode.excerpt(of: text)
        case .sequence(let values): "[" + values.prefix(8).map(Self.text).joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{ " + entries.prefix(8).map { "\($0.key): \(Self.text($0.value))" }.joined(separator: ", ") + " }"
        }
    }
}
