/// A reject without its source row.
package struct RejectLine: Sendable {
    package var key: Int64
    package var reason: String
    package var column: String?
    package var detail: String?
    package var parentEntity: String?
    package var parentKey: Int64?
    /// Whether an earlier version of the row is in the target.
    package var isKept: Bool

    package init(
        key: Int64,
        reason: String,
        column: String?,
        detail: String?,
        parentEntity: String? = nil,
        parentKey: Int64? = nil,
        isKept: Bool = false
    ) {
        self.key = key
        self.reason = reason
        self.column = column
        self.detail = detail
        self.parentEntity = parentEntity
        self.parentKey = parentKey
        self.isKept = isKept
    }
}
