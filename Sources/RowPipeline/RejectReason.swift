/// Why a source row was not migrated; the codes are those of the plan reference.
package enum RejectReason: Sendable, Hashable {
    case orphan
    case parentPending
    case unmappedValue
    case invalidJSON
    case tooLong
    case outOfRange
    case invalidValue
    case nullValue
    case duplicate
    /// The plan's row check of that name failed.
    case check(String)
    /// The target refused the row with that SQLSTATE.
    case refused(String)
    /// The source could not compute the row: its SQL failed with that SQLSTATE.
    case sourceError(String)

    /// The reason as the control schema, reports and metrics name it.
    package var code: String {
        switch self {
        case .orphan: "orphan"
        case .parentPending: "parent_pending"
        case .unmappedValue: "unmapped_value"
        case .invalidJSON: "invalid_json"
        case .tooLong: "too_long"
        case .outOfRange: "out_of_range"
        case .invalidValue: "invalid_value"
        case .nullValue: "null_value"
        case .duplicate: "duplicate"
        case .check(let name): "check:\(name)"
        case .refused(let state): "refused:\(state)"
        case .sourceError(let state): "source_error:\(state)"
        }
    }
}
