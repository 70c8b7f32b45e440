/// What a snapshot's holder knows of it.
package struct HeldSnapshot: Sendable, Equatable {
    /// For `SET TRANSACTION SNAPSHOT`.
    package var identifier: String
    /// Position of the write-ahead log, as PostgreSQL prints a `pg_lsn`.
    package var position: String
    /// The snapshot's xmin.
    package var horizon: String
    /// Per table, the number of its file when it was locked; nil for a partitioned table.
    package var fileNodes: [String: Int64?]
}
