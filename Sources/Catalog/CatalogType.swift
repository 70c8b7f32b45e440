/// A row of `pg_type` with what belongs to it.
struct CatalogType: Equatable {
    var oid: UInt32
    var schema: String
    var name: String
    /// Schema-qualified SQL without a modifier, as `format_type(oid, -1)` writes it.
    var sql: String
    var kind: Kind
    /// The quoted function that writes the binary form, nil where there is none.
    var sendFunction: String?
    /// OID of the array type over this type, nil where there is none.
    var array: UInt32?

    enum Kind: Equatable {
        case base
        case domain(base: UInt32, modifier: Int32, isNotNull: Bool)
        case enumeration([String])
        case composite([Field])
        case array(element: UInt32)
        case range(subtype: UInt32)
        case other
    }

    struct Field: Equatable {
        var name: String
        var type: UInt32
        var modifier: Int32
    }
}
