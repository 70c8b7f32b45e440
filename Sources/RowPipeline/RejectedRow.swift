/// A source row that was not migrated, and why.
package struct RejectedRow: Sendable, Equatable {
    package var key: Int64
    /// Index of the output column at fault, nil where it is the row as a whole.
    package var column: Int?
    package var reason: RejectReason
    /// For people; never holds a value of a personal column.
    package var detail: String
    /// The row it refers to in vain, nil for other reasons.
    package var parent: Parent?

    package init(key: Int64, column: Int?, reason: RejectReason, detail: String, parent: Parent? = nil) {
        self.key = key
        self.column = column
        self.reason = reason
        self.detail = detail
        self.parent = parent
    }
}

extension RejectedRow {
    /// A row of another entity that is missing.
    package struct Parent: Sendable, Equatable {
        package var entity: String
        /// Nil where the reference is a personal column.
        package var key: Int64?

        package init(entity: String, key: Int64?) {
            self.entity = entity
            self.key = key
        }
    }
}
