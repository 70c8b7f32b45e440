package import Catalog

/// How much an entity has to move, and how long one slot would take over it.
package struct EntityEstimate: Sendable, Equatable, Codable {
    package var entity: String
    package var rows: Int64
    package var bytes: Int64
    /// Of one slot that has the servers for itself.
    package var seconds: Double

    /// Bytes and rows that a slot moves in a second, whichever limit is reached first.
    ///
    /// About what two small cores manage with the primary key in place; the run itself measures.
    private static let bytesPerSecond = 30e6
    private static let rowsPerSecond = 100e3

    /// An estimate from the source's statistics.
    package init(_ entity: ResolvedEntity) {
        let statistics = entity.statistics
        self.entity = entity.name
        self.rows = statistics.rows
        self.bytes = statistics.bytes
        self.seconds = max(Double(statistics.bytes) / Self.bytesPerSecond, Double(statistics.rows) / Self.rowsPerSecond)
    }
}
