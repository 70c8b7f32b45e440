/// Target columns that must be unique, and which of several source rows wins.
package struct UniqueRule: Sendable, Equatable {
    package var columns: [String]
    package var keep: Keep
    package var position: Position
}

extension UniqueRule {
    /// Which of the rows that clash stays.
    package enum Keep: Sendable, Equatable {
        case lowestKey
        case highestKey
        /// The greatest value of this source expression wins; ties go to the lowest key.
        case newest(by: String)
    }
}
