import RowPipeline

extension CastTable {
    /// `text` and its kin, whose binary form is the characters.
    func isText(_ shape: TypeShape) -> Bool {
        switch shape {
        case .builtIn("text", _), .builtIn("varchar", _), .builtIn("bpchar", _), .foreign("citext"): true
        default: false
        }
    }

    /// Everything has a text; what is left to check is the length.
    func toText(_ source: TypeShape, _ target: TypeShape) -> Crossing {
        if case .builtIn("bytea", _) = source {
            return .refused("bytea has several texts", hint: "write `{ sql: \"encode(COLUMN, 'base64')\" }` or 'hex'")
        }
        guard let limit = self.limit(of: target) else { return .copied(.to("text")) }
        if let given = self.longestText(of: source), given <= limit { return .copied(.to("text")) }
        return .copied(.to("text"), .text(maximumCharacters: limit, truncates: self.truncates))
    }

    func toEnumeration(_ source: TypeShape, _ labels: [String]) -> Crossing {
        switch source {
        case .enumeration(let given):
            return Set(given).isSubset(of: labels) ? .copied(.to("text")) : .labels(labels)
        case _ where self.isText(source):
            return .labels(labels)
        default:
            return .refused("\(source.description) does not become an enum", hint: "list the values with `map:`")
        }
    }

    func toJSON(_ source: TypeShape, _ target: TypeShape) -> Crossing {
        switch (source, target) {
        case (.builtIn("jsonb", _), .builtIn("jsonb", _)): .copied()
        case (.builtIn("jsonb", _), _): .copied(.to("json"))
        case (.builtIn("json", _), .builtIn("json", _)): .copied()
        case (.builtIn("json", _), _): .json
        case _ where self.isText(source): .json
        default: .refused("\(source.description) is no JSON", hint: "write `{ sql: \"to_jsonb(COLUMN)\" }`")
        }
    }

    private func limit(of target: TypeShape) -> Int? {
        guard case .builtIn(let name, let modifier) = target else { return nil }
        switch TypeModifier(name, modifier) {
        case .length(let length): return length
        default: return nil
        }
    }

    /// Characters of the longest text a type can have, nil for no bound worth knowing.
    private func longestText(of source: TypeShape) -> Int? {
        switch source {
        case .builtIn(let name, let modifier):
            switch (name, TypeModifier(name, modifier)) {
            case ("varchar", .length(let length)), ("bpchar", .length(let length)): length
            case ("bool", _): 5
            case ("int2", _): 6
            case ("int4", _): 11
            case ("int8", _): 20
            case ("uuid", _): 36
            default: nil
            }
        case .enumeration(let labels): labels.map(\.unicodeScalars.count).max()
        default: nil
        }
    }
}
