/// What became of one output field.
enum FieldVerdict: UInt8, Sendable {
    case value
    case null
    case orphan
    case pending
    case unmapped
    case invalidJSON
    case tooLong
    case outOfRange
    case invalidValue
    /// The plan wants the shard to stop at this orphan.
    case stop
    /// The field has a length that its type cannot have.
    case malformed

    /// The reason to reject the row for, nil where the field is fine or the whole stream is not.
    var reason: RejectReason? {
        switch self {
        case .value, .null, .stop, .malformed: nil
        case .orphan: .orphan
        case .pending: .parentPending
        case .unmapped: .unmappedValue
        case .invalidJSON: .invalidJSON
        case .tooLong: .tooLong
        case .outOfRange: .outOfRange
        case .invalidValue: .invalidValue
        }
    }
}
