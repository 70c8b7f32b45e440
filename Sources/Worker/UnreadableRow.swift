/// A source row that the source itself can't compute.
struct UnreadableRow: Sendable, Equatable {
    var key: Int64
    var sqlState: String
    /// The server's message; empty where the table has personal columns.
    var message: String
}
