internal import Yams

/// A plan's YAML read into nodes, with what was wrong about it as YAML.
struct PlanDocument {
    private(set) var root: PlanNode?
    private let findings: FindingCollector
    private var nodes = 0
    /// Later occurrences of keys, which were respelled so that the parser goes on: where, and the key as written.
    private var duplicates: [Position: String] = [:]

    /// Reads one document; the findings go to the collector.
    static func read(_ text: String, into findings: FindingCollector) -> Self {
        var document = Self(findings: findings)
        if text.utf8.count > PlanLimits.bytes {
            findings.error(
                "too-large",
                "the plan is larger than \(PlanLimits.bytes) bytes",
                at: Position(line: 1, column: 1)
            )
        } else if let refusal = AliasScan.refusal(of: text) {
            findings.append(contentsOf: [refusal])
        } else if let node = document.compose(text) {
            document.root = document.convert(node, depth: 0)
        }
        return document
    }

    private init(findings: FindingCollector) {
        self.findings = findings
    }

    /// Parses the text, respelling duplicate keys until the parser accepts it.
    private mutating func compose(_ text: String) -> Node? {
        var source = DuplicateKeySource(text: text)
        while true {
            do {
                let node = try Yams.compose(yaml: source.text, .basic, .default, .utf8)
                if node == nil {
                    self.findings.error("empty-plan", "the plan is empty", at: Position(line: 1, column: 1))
                }
                return node
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let first = Position(line: context.mark.line, column: context.mark.column)
                guard let key = keys.first else { return nil }
                guard self.duplicates.count < PlanLimits.duplicates, let later = source.respell(key, firstAt: first)
                else {
                    self.reportDuplicate(key, at: first, first: nil)
                    return nil
                }
                self.duplicates[later] = key
                self.reportDuplicate(key, at: later, first: first)
            } catch let error as YamlError {
                self.findings.append(contentsOf: [SyntaxFinding.of(error, in: text)])
                return nil
            } catch {
                self.findings.error("syntax", "the YAML can't be read: \(error)", at: Position(line: 1, column: 1))
                return nil
            }
        }
    }

    private func reportDuplicate(_ key: String, at position: Position, first: Position?) {
        self.findings.error(
            "duplicate-key",
            "the key `\(PlanNode.excerpt(of: key))` appears twice in one mapping",
            hint: first.map { "it is first given in line \($0.line)" },
            at: position
        )
    }

    /// Turns a parsed node into the loader's own; nil once a limit is exceeded.
    private mutating func convert(_ node: Node, depth: Int) -> PlanNode? {
        let position = node.mark.map { Position(line: $0.line, column: $0.column) } ?? .none
        self.nodes += 1
        guard depth <= PlanLimits.depth else {
            self.findings.error("too-deep", "values nest deeper than \(PlanLimits.depth) levels", at: position)
            return nil
        }
        guard self.nodes <= PlanLimits.nodes else {
            self.findings.error(
                "too-large",
                "the plan has more than \(PlanLimits.nodes) values once its aliases are replaced",
                at: position
            )
            return nil
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            return PlanNode(content: .scalar(scalar.string, isPlain: isPlain), position: position)
        case .sequence(let sequence):
            var values: [PlanNode] = []
            for value in sequence {
                guard let value = self.convert(value, depth: depth + 1) else { return nil }
                values.append(value)
            }
            return PlanNode(content: .sequence(values), position: position)
        case .mapping(let mapping):
            return self.convert(mapping, at: position, depth: depth)
        case .alias:
            self.findings.error("syntax", "an alias that stands for nothing", at: position)
            return nil
        }
    }

    private mutating func convert(_ mapping: Node.Mapping, at position: Position, depth: Int) -> PlanNode? {
        var entries: [PlanNode.Entry] = []
        var firsts: [String: Position] = [:]
        for (key, value) in mapping {
            let keyPosition = key.mark.map { Position(line: $0.line, column: $0.column) } ?? position
            guard let value = self.convert(value, depth: depth + 1) else { return nil }
            if self.duplicates[keyPosition] != nil { continue }
            guard case .scalar(let scalar) = key else {
                self.findings.error("complex-key", "a key must be a word, not a list or a mapping", at: keyPosition)
                continue
            }
            if let first = firsts[scalar.string] {
                self.reportDuplicate(scalar.string, at: keyPosition, first: first)
                continue
            }
            firsts[scalar.string] = keyPosition
            entries.append(PlanNode.Entry(key: scalar.string, keyPosition: keyPosition, value: value))
        }
        return PlanNode(content: .mapping(entries), position: position)
    }
}
