extension PlanSection {
    /// A text that isn't empty, nil where it is missing or something else.
    func text(_ key: String) -> String? {
        guard let node = self.node(key) else { return nil }
        return self.text(of: node, called: key)
    }

    func text(of node: PlanNode, called key: String) -> String? {
        guard case .scalar(let text, _) = node.content, !node.isNull else {
            self.reportType(key, node, expected: "text")
            return nil
        }
        guard !text.allSatisfy(\.isWhitespace) else {
            self.findings.error("bad-value", "\(self.label): `\(key)` is empty", at: node.position)
            return nil
        }
        return text
    }

    /// A text that has to be there; empty, with a finding, where it isn't.
    func requiredText(_ key: String, hint: String? = nil) -> String {
        if !self.has(key) { self.reportMissing(key, hint: hint) }
        return self.text(key) ?? ""
    }

    func bool(_ key: String, default: Bool) -> Bool {
        guard let node = self.node(key) else { return `default` }
        switch node.content {
        case .scalar("true", isPlain: true): return true
        case .scalar("false", isPlain: true): return false
        default:
            self.reportType(key, node, expected: "true or false")
            return `default`
        }
    }

    /// A whole number inside a range.
    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = self.node(key) else { return nil }
        guard case .scalar(let text, isPlain: true) = node.content, let number = PlanScalar.integer(text) else {
            self.reportType(key, node, expected: "a whole number")
            return nil
        }
        guard range.contains(number) else {
            self.reportValue(key, node, expected: Self.bounds(of: range))
            return nil
        }
        return number
    }

    /// `auto`, which is nil, or a whole number from 1.
    func automaticOrInteger(_ key: String) -> Int? {
        guard let node = self.node(key) else { return nil }
        if case .scalar("auto", _) = node.content { return nil }
        guard case .scalar(let text, isPlain: true) = node.content, let number = PlanScalar.integer(text), number >= 1
        else {
            self.reportValue(key, node, expected: "`auto` or a whole number from 1")
            return nil
        }
        return number
    }

    /// One of a list of words; `default` where it is missing or none of them.
    func choice<Choice: RawRepresentable<String>>(_ key: String, from choices: [Choice], default: Choice) -> Choice {
        guard let node = self.node(key) else { return `default` }
        return self.choice(of: node, called: key, from: choices) ?? `default`
    }

    func choice<Choice: RawRepresentable<String>>(of node: PlanNode, called key: String, from choices: [Choice])
        -> Choice?
    {
        guard case .scalar(let word, _) = node.content else {
            self.reportType(key, node, expected: "one word", hint: Self.allowed(choices))
            return nil
        }
        if let feature = UnbuiltFeatures.feature(path: "\(self.path).\(key)", value: word) {
            let message = "\(self.label): `\(key): \(word)` is known but not built yet"
            self.findings.error("unbuilt", message, hint: feature.hint, at: node.position)
            return nil
        }
        guard let choice = Choice(rawValue: word), choices.contains(where: { $0.rawValue == word }) else {
            let hint = Suggestion.hint(for: word, among: choices.map(\.rawValue), called: "allowed")
            self.findings.error(
                "bad-value",
                "\(self.label): `\(key)` can't be \(node.kind)",
                hint: hint,
                at: node.position
            )
            return nil
        }
        return choice
    }

    /// A value written in a form of its own, such as a duration.
    func scalar<Value>(_ key: String, expected: String, hint: String? = nil, parse: (String) -> Value?) -> Value? {
        guard let node = self.node(key) else { return nil }
        guard case .scalar(let text, _) = node.content, !node.isNull, let value = parse(text) else {
            self.reportValue(key, node, expected: expected, hint: hint)
            return nil
        }
        return value
    }

    func duration(_ key: String) -> Duration? {
        self.scalar(key, expected: "a duration", hint: "units: ms, s, m, h, d; as in `500ms`, `2s`, `12h`") {
            PlanScalar.duration($0)
        }
    }

    private static func bounds(of range: ClosedRange<Int>) -> String {
        if range.lowerBound == range.upperBound { return "\(range.lowerBound)" }
        if range.upperBound == Int.max { return "at least \(range.lowerBound)" }
        return "\(range.lowerBound) to \(range.upperBound)"
    }

    private static func allowed<Choice: RawRepresentable<String>>(_ choices: [Choice]) -> String {
        "allowed: " + choices.map(\.rawValue).joined(separator: ", ")
    }
}
