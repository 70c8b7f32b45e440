import ControlStore
import Foundation
import Scheduling

/// A rejected row in `--json` and in exports.
struct RejectRow: Encodable {
    var id: Int64
    var entity: String
    var key: Int64
    var reason: String
    var column: String?
    var detail: String?
    var shard: String
    var parentEntity: String?
    var parentKey: Int64?
    var tries: Int
    var sourceRow: JSONValue?
    var createdAt: Date
    var resolvedAt: Date?
    var resolvedBy: String?
    var resolution: String?

    init(_ reject: RejectRecord) {
        self.id = reject.id
        self.entity = reject.entity.rawValue
        self.key = reject.key
        self.reason = reject.reason
        self.column = reject.column
        self.detail = reject.detail
        self.shard = reject.shard.description
        self.parentEntity = reject.parentEntity?.rawValue
        self.parentKey = reject.parentKey
        self.tries = reject.tries
        self.sourceRow = reject.sourceRow.map(JSONValue.init(text:))
        self.createdAt = reject.createdAt
        self.resolvedAt = reject.resolvedAt
        self.resolvedBy = reject.resolvedBy?.description
        self.resolution = reject.resolution?.rawValue
    }
}
