/// A source row that was not migrated, and why.
package struct RejectedRow: Sendable, Equatable {
    package var key: Int64
    /// Index of the output column at fault, nil where it is the row as a whole.
    package var column: Int?
    package var reason: RejectReason
    /// For people; never holds a value of a personal column.
    package var detail: String

    package init(key: Int64, column: Int?, reason: RejectReason, detail: String) {
        self.key = key
        self.column = column
        self.reason = reason
        self.detail = detail
    }
}
