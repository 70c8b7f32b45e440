/// One target column of an entity and how its value comes about.
package struct ColumnPlan: Sendable, Equatable {
    package var name: String
    package var value: ColumnValue
    /// Personal data: its values appear in no log, message or display.
    package var isPersonal: Bool
    /// What happens to a text that is longer than the target column allows.
    package var onTooLong: TooLong
    package var position: Position
}

extension ColumnPlan {
    /// What becomes of a text that is too long.
    package enum TooLong: String, Sendable, Equatable, Codable {
        case reject
        case truncate
    }
}
