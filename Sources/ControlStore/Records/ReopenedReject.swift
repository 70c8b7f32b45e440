/// A reject that a replay leaves open, as it is now.
package struct ReopenedReject: Sendable, Equatable {
    package var key: Int64
    package var detail: String?
    package var sourceRow: String?
    package var parentEntity: String?
    package var parentKey: Int64?

    package init(key: Int64, detail: String?, sourceRow: String?, parentEntity: String?, parentKey: Int64?) {
        self.key = key
        self.detail = detail
        self.sourceRow = sourceRow
        self.parentEntity = parentEntity
        self.parentKey = parentKey
    }
}
