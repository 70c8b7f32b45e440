/// The strategies that one word names.
enum StrategyWord: String, CaseIterable {
    case ordered
    case v5
    case v4
    case v7
    case stored

    var strategy: IdentityStrategy {
        switch self {
        case .ordered: .ordered
        case .v5: .v5
        case .v4: .v4
        case .v7: .v7
        case .stored: .stored
        }
    }
}
