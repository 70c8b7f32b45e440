/// A value of the plan's YAML with its place in the file, free of YAML's own notions of type.
struct PlanNode {
    var content: Content
    var position: Position
}

extension PlanNode {
    enum Content {
        /// `isPlain` is false for quoted and block scalars, which are always text.
        case scalar(String, isPlain: Bool)
        case sequence([PlanNode])
        case mapping([Entry])
    }

    struct Entry {
        var key: String
        var keyPosition: Position
        var value: PlanNode
    }

    /// True for an empty value, `~` or `null`.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = self.content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What the value is, in the words of a finding.
    var kind: String {
        switch self.content {
        case .scalar where self.isNull: "nothing"
        case .scalar(let text, isPlain: true): "`\(Self.excerpt(of: text))`"
        case .scalar(let text, isPlain: false): "the text `\(Self.excerpt(of: text))`"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// The beginning of a text, short enough for a finding's line.
    static func excerpt(of text: String) -> String {
        let line = text.prefix { !$0.isNewline }
        return line.count > 40 || line.count < text.count ? "\(line.prefix(40))…" : text
    }
}
