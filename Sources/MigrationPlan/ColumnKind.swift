/// The kinds of column a plan can name, by the key that makes a mapping one of them.
enum ColumnKind: String, CaseIterable {
    case copy = "from"
    case sql
    case ref
    case map
    case json
    case value
    case uuid
    case `default`

    /// Every key that a column of some kind may have.
    static let everyKey = Self.allCases.reduce(into: [String]()) { keys, kind in
        keys.append(contentsOf: kind.keys.filter { !keys.contains($0) })
    }

    /// The keys a column of this kind may have.
    var keys: [String] {
        switch self {
        case .copy: ["from", "pii", "too_long"]
        case .sql: ["sql", "pii", "too_long"]
        case .ref: ["ref", "by", "when", "on_orphan", "deferred", "pii"]
        case .map: ["map", "from", "else", "null", "pii", "too_long"]
        case .json: ["json", "on_invalid", "json_refs", "pii"]
        case .value: ["value", "pii", "too_long"]
        case .uuid: ["uuid", "by", "pii"]
        case .default: ["default", "pii"]
        }
    }
}
