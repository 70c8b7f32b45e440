/// The type of a source column or expression, domains already stripped by the server.
struct ColumnType: Equatable {
    var oid: UInt32
    var modifier: Int32
}
