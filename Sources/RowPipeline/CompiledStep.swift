/// One output column, flat: what is larger than a few words stands in the transformer's tables.
enum CompiledStep: Sendable {
    case copy(input: Int)
    case text(input: Int, maximum: Int, truncates: Bool)
    case convert(input: Int, Conversion)
    /// Index of whole field bytes.
    case constant(Int)
    case uuid(input: Int, parent: Int, asText: Bool)
    /// The UUID of the row's owner under `same_as`, which must be in the target.
    case shared(input: Int, parent: Int, asText: Bool)
    /// The row's own UUID as an earlier tool stored it, a new one where it stored none (`stored`).
    case stored(input: Int, parent: Int, asText: Bool)
    /// The row's own UUID, made here (`v4`, `v7`).
    case generated(isTimeOrdered: Bool, asText: Bool)
    case reference(Int)
    case map(Int)
    case json(Int)

    /// A whole field: length and bytes, or the length of NULL.
    static func field(_ bytes: [UInt8]?) -> [UInt8] {
        let length = UInt32(bitPattern: Int32(bytes?.count ?? -1))
        let prefix = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> UInt32($0)) }
        return prefix + (bytes ?? [])
    }
}

/// A `ReferenceOperation` with its entities resolved.
struct CompiledReference: Sendable {
    struct Alternative: Sendable {
        var parent: Int
        var input: Int
        /// -1 for none.
        var condition: Int
    }

    /// Of the transformer's alternatives those that are this reference's, in their order.
    var alternatives: Range<Int>
    var onOrphan: OrphanAction
    var isUnchecked: Bool
}

/// A `JSONOperation` without its paths.
struct CompiledJSON: Sendable {
    struct Embedded: Sendable {
        var parent: Int
        var onOrphan: OrphanAction
    }

    var input: Int
    var isBinary: Bool
    var onInvalid: JSONOperation.InvalidAction
    var embedded: [Embedded]
}
