/// One row of a result; nil always means NULL.
///
/// Asking for a column that the query does not have, or for a type its values do not have, stops the process: the
/// statement is part of the program, so it is wrong there.
package struct Row: Sendable {
    let result: QueryResult
    let index: Int

    /// A column's value as text.
    package func text(_ column: String) -> String? { self.text(self.position(of: column)) }

    /// A column's value as text.
    package func text(_ column: Int) -> String? {
        self.field(column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A column's value as an integer.
    package func integer(_ column: String) -> Int64? { self.integer(self.position(of: column)) }

    /// A column's value as an integer.
    package func integer(_ column: Int) -> Int64? {
        self.text(column).map { self.converted(Int64($0), from: $0, column, "integer") }
    }

    /// A column's value as a floating-point number.
    package func double(_ column: String) -> Double? { self.double(self.position(of: column)) }

    /// A column's value as a floating-point number.
    package func double(_ column: Int) -> Double? {
        self.text(column).map { self.converted(Double($0), from: $0, column, "number") }
    }

    /// A column's value as a Boolean.
    package func bool(_ column: String) -> Bool? { self.bool(self.position(of: column)) }

    /// A column's value as a Boolean.
    package func bool(_ column: Int) -> Bool? {
        self.text(column)
            .map {
                self.converted($0 == "t" ? true : $0 == "f" ? false : nil, from: $0, column, "boolean")
            }
    }

    /// A `bytea` column's value.
    package func bytes(_ column: String) -> [UInt8]? { self.bytes(self.position(of: column)) }

    /// A `bytea` column's value, which `bytea_output = hex` writes as `\x…`.
    package func bytes(_ column: Int) -> [UInt8]? {
        guard let text = self.field(column) else { return nil }
        guard text.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "x")]), text.count % 2 == 0 else {
            preconditionFailure("column \(self.result.columns[column]) is no bytea")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2 - 1)
        var index = text.startIndex + 2
        while index < text.endIndex {
            bytes.append(Self.digit(text[index]) << 4 | Self.digit(text[index + 1]))
            index += 2
        }
        return bytes
    }

    /// Whether a column is NULL.
    package func isNull(_ column: String) -> Bool { self.field(self.position(of: column)) == nil }

    private func field(_ column: Int) -> ArraySlice<UInt8>? {
        self.result.field(row: self.index, column: column)
    }

    private func position(of column: String) -> Int {
        guard let position = self.result.columns.firstIndex(of: column) else {
            preconditionFailure(
                "the query has no column \(column), only \(self.result.columns.joined(separator: ", "))"
            )
        }
        return position
    }

    private func converted<Value>(_ value: Value?, from text: String, _ column: Int, _ type: String) -> Value {
        guard let value else {
            preconditionFailure("column \(self.result.columns[column]) holds no \(type)")
        }
        return value
    }

    private static func digit(_ character: UInt8) -> UInt8 {
        character <= UInt8(ascii: "9") ? character - UInt8(ascii: "0") : character - UInt8(ascii: "a") + 10
    }
}
