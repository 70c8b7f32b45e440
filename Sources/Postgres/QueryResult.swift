import CLibPQ

/// The rows of a query, copied out of libpq.
package struct QueryResult: Sendable {
    /// The columns' names, in order.
    package let columns: [String]
    /// The columns' types, in order; domains appear as the types below them.
    package let columnTypes: [ColumnType]
    /// The number of rows.
    package let count: Int
    /// What the server did, such as `SELECT 3` or `UPDATE 1`.
    package let commandTag: String
    /// The rows the command selected, inserted, updated, deleted or copied.
    package let affectedRows: Int
    /// Every field's text, one after the other.
    private let bytes: [UInt8]
    /// Where each field ends in `bytes`, row by row; a NULL field is stored as the complement of its end.
    private let ends: [Int]

    /// Copies a result; the caller still frees it.
    init(result: OpaquePointer) {
        let width = PQnfields(result)
        let height = PQntuples(result)
        self.columns = (0..<width).map { String(cString: PQfname(result, $0)) }
        self.columnTypes = (0..<width).map { ColumnType(oid: PQftype(result, $0), modifier: PQfmod(result, $0)) }
        self.count = Int(height)
        self.commandTag = String(cString: PQcmdStatus(result))
        self.affectedRows = Int(String(cString: PQcmdTuples(result))) ?? 0
        var bytes: [UInt8] = []
        var ends: [Int] = []
        ends.reserveCapacity(Int(width) * Int(height))
        for row in 0..<height {
            for column in 0..<width {
                if PQgetisnull(result, row, column) == 1 {
                    ends.append(~bytes.count)
                } else {
                    let length = Int(PQgetlength(result, row, column))
                    bytes.append(
                        contentsOf: UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length)
                    )
                    ends.append(bytes.count)
                }
            }
        }
        self.bytes = bytes
        self.ends = ends
    }

    /// Whether there are no rows.
    package var isEmpty: Bool { self.count == 0 }

    /// The first row.
    package var first: Row? { self.isEmpty ? nil : self.rows[0] }

    /// The rows in the server's order.
    package var rows: Rows { Rows(result: self) }

    /// A field's text; nil for NULL.
    func field(row: Int, column: Int) -> ArraySlice<UInt8>? {
        let index = row * self.columns.count + column
        let end = self.ends[index]
        if end < 0 { return nil }
        let before = index == 0 ? 0 : self.ends[index - 1]
        return self.bytes[(before < 0 ? ~before : before)..<end]
    }
}

extension QueryResult {
    /// A column's type with its length, precision or scale (`atttypmod`; −1 for none).
    package struct ColumnType: Sendable, Equatable {
        package var oid: UInt32
        package var modifier: Int32
    }

    /// The rows as a collection.
    package struct Rows: RandomAccessCollection, Sendable {
        let result: QueryResult

        package var startIndex: Int { 0 }
        package var endIndex: Int { self.result.count }
        package subscript(index: Int) -> Row { Row(result: self.result, index: index) }
    }
}
