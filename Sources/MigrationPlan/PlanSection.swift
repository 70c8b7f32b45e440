/// A mapping of the plan whose keys are known, read key by key; whatever is wrong becomes a finding.
struct PlanSection {
    /// The keys from the top of the plan, joined with dots; `*` stands for a name of the author's.
    let path: String
    /// The mapping in the words of a finding: `orders.patient_id`.
    let label: String
    let position: Position
    let findings: FindingCollector
    private let entries: [String: PlanNode.Entry]

    /// Opens a node as a mapping and reports the keys that don't belong; nil if it is no mapping.
    ///
    /// `position` is where findings about the section as a whole point, usually its name.
    init?(
        _ node: PlanNode,
        path: String,
        label: String,
        keys: [String],
        findings: FindingCollector,
        at position: Position? = nil
    ) {
        guard case .mapping(let entries) = node.content else {
            findings.error("wrong-type", "\(label) must be a mapping, not \(node.kind)", at: node.position)
            return nil
        }
        for entry in entries where !keys.contains(entry.key) {
            let hint =
                entry.key == "<<"
                ? "merge keys are not supported: write the keys out"
                : Suggestion.hint(for: entry.key, among: keys, called: "keys allowed here")
            let message = "\(label): unknown key `\(PlanNode.excerpt(of: entry.key))`"
            findings.error("unknown-key", message, hint: hint, at: entry.keyPosition)
        }
        self.path = path
        self.label = label
        self.position = position ?? node.position
        self.findings = findings
        self.entries = Dictionary(entries.map { ($0.key, $0) }) { first, _ in first }
    }

    /// The value of a key, nil where it is missing.
    func node(_ key: String) -> PlanNode? {
        self.entries[key]?.value
    }

    /// Where a key stands; the section's own place where it is missing.
    func position(of key: String) -> Position {
        self.entries[key]?.keyPosition ?? self.position
    }

    func has(_ key: String) -> Bool {
        self.entries[key] != nil
    }

    func reportMissing(_ key: String, hint: String? = nil) {
        self.findings.error("missing-key", "\(self.label): `\(key)` is missing", hint: hint, at: self.position)
    }

    func reportType(_ key: String, _ node: PlanNode, expected: String, hint: String? = nil) {
        let message = "\(self.label): `\(key)` must be \(expected), not \(node.kind)"
        self.findings.error("wrong-type", message, hint: hint, at: node.position)
    }

    func reportValue(_ key: String, _ node: PlanNode, expected: String, hint: String? = nil) {
        let message = "\(self.label): `\(key)` must be \(expected), not \(node.kind)"
        self.findings.error("bad-value", message, hint: hint, at: node.position)
    }

    /// A nested mapping with known keys, nil where it is missing, empty or no mapping.
    func section(_ key: String, keys: [String]) -> PlanSection? {
        guard let node = self.node(key), !node.isNull else { return nil }
        let path = self.path.isEmpty ? key : "\(self.path).\(key)"
        let label = self.label == "the plan" ? key : "\(self.label).\(key)"
        return PlanSection(
            node,
            path: path,
            label: label,
            keys: keys,
            findings: self.findings,
            at: self.position(of: key)
        )
    }

    /// The elements of a list, empty where it is missing or no list.
    func list(_ key: String) -> [PlanNode] {
        guard let node = self.node(key), !node.isNull else { return [] }
        guard case .sequence(let values) = node.content else {
            self.reportType(key, node, expected: "a list")
            return []
        }
        return values
    }
}
