import ControlStore
import Foundation

/// A reject in words.
struct RejectText {
    let reject: RejectRecord
    /// The row it refers to in vain.
    var parent: RejectedParent?
    /// The row that keeps its value.
    var winner: WinningRow?

    /// Why the row was not migrated, as a sentence.
    var reason: String {
        let column = self.reject.column.map { "`\($0)`" } ?? "a column"
        let parent = self.reject.parentEntity.map { "\($0)" } ?? "another entity"
        switch self.reject.reason {
        case "orphan": return "\(column) refers to a row of \(parent) that is not in the target"
        case "parent_pending":
            return
                "\(column) refers to a row of \(parent) that may still come: its shard has failed, or it waits itself"
        case "unmapped_value": return "the plan's map for \(column) does not list the value"
        case "invalid_json": return "the text for \(column) is no valid JSON"
        case "too_long": return "the text for \(column) is longer than the target allows"
        case "out_of_range": return "the value for \(column) does not fit the target's type"
        case "invalid_value": return "the text for \(column) is no value of the target's type"
        case "null_value": return "\(column) would be NULL, which the target does not allow"
        case "duplicate": return self.duplicate
        case let code where code.hasPrefix("check:"): return "the plan's check `\(code.dropFirst(6))` fails"
        case "refused:02000": return "a trigger or rule of the target left the row out"
        case let code where code.hasPrefix("refused:"):
            return "the target refused the row with SQLSTATE \(code.dropFirst(8))"
        case let code where code.hasPrefix("source_error:"):
            return "the source could not read the row: SQLSTATE \(code.dropFirst(13))"
        case let code: return code
        }
    }

    /// What the operator can do.
    var next: String {
        let replay = "godwit rejects replay \(self.reject.id)"
        switch self.reject.reason {
        case "orphan", "parent_pending":
            return self.parent?.next ?? "mend the parent or the reference in the source, then: \(replay)"
        case "unmapped_value": return "add the value to the plan's map, then: \(replay) --plan FILE"
        case "duplicate":
            return "change the value of this row in the source, then: \(replay); \(self.changingTheWinner)"
        default: return "correct the row in the source, or the plan, then: \(replay) [--plan FILE]"
        }
    }

    private var duplicate: String {
        let columns = self.winner?.columns.map { " of `\($0.joined(separator: "`, `"))`" } ?? ""
        guard let key = self.winner?.key else {
            return "another row of the source keeps the value\(columns) that must be unique"
        }
        let shard = self.winner?.shard.map { " (\($0))" } ?? ""
        return "\(self.reject.entity) \(key)\(shard) keeps the value\(columns) that must be unique"
    }

    /// The target has the winner as it was when its shard was copied, and refuses the value until that is merged.
    private var changingTheWinner: String {
        let entity = self.reject.entity
        guard let key = self.winner?.key else {
            return "or that of the other, KEY, then first: godwit retry --entity \(entity) --keys KEY-KEY --force"
        }
        let shard = self.winner?.shard.map { "\($0)" } ?? "--entity \(entity) --keys \(key)-\(key)"
        return "or that of \(entity) \(key), then first: godwit retry \(shard) --force"
    }
}
