/// How later changes of an entity are found and settled; used by differential runs.
package struct DifferentialSettings: Sendable, Equatable {
    package var detect: [Detection]
    package var conflict: Conflict
    package var deletes: Deletes
    package var position: Position
}

extension DifferentialSettings {
    /// How changed rows are told from others.
    package enum Detection: String, Sendable, Equatable, Codable {
        case id
        case timestamp
        case checksum
    }

    /// Who wins where both sides changed a row.
    package enum Conflict: String, Sendable, Equatable, Codable {
        case sourceWins = "source_wins"
        case lastWriterWins = "last_writer_wins"
        case manual
    }

    /// What becomes of rows that are gone from the source.
    package enum Deletes: String, Sendable, Equatable, Codable {
        case ignore
        case flag
        case delete
    }
}
