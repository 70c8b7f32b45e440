import ControlStore
import RowPipeline

/// The rows of a replay shard: what their open rejects say, and what becomes of them.
struct ReplayedRows {
    /// The open rejects it took up, by key.
    var taken: [Int64: TakenReject] = [:]
    /// Keys the source still has.
    var present: Set<Int64> = []
    /// Keys that the plan leaves out on purpose.
    var filtered: [Int64] = []
    /// Keys rejected again for another reason.
    var superseded: [Int64] = []
    /// Rejects that stay open, because the verdict is the same.
    var reopened: [ReopenedReject] = []

    /// Keys the source no longer has.
    var gone: [Int64] { self.taken.keys.filter { !self.present.contains($0) }.sorted() }

    /// Notes a new reject of a row that was taken up.
    ///
    /// - Returns: Whether it says what the old one said, which then stays in its place.
    mutating func repeats(_ reject: RejectedRow, column: String?, sourceRow: String?) -> Bool {
        guard let old = self.taken[reject.key] else { return false }
        guard old.reason == reject.reason.code, old.column == column else {
            self.superseded.append(reject.key)
            return false
        }
        self.reopened.append(
            ReopenedReject(
                key: reject.key,
                detail: reject.detail,
                sourceRow: sourceRow,
                parentEntity: reject.parent?.entity,
                parentKey: reject.parent?.key
            )
        )
        return true
    }
}
