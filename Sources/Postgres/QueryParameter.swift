/// A value for `$1`, `$2`, …; the statement says its type (`$1::bigint`).
package enum QueryParameter: Sendable, Equatable {
    /// SQL NULL.
    case null
    /// Any value in PostgreSQL's text format.
    case text(String)
    /// A `bytea`, sent in binary.
    case bytes([UInt8])
}

extension QueryParameter {
    /// A text, or NULL.
    package static func text(_ value: String?) -> QueryParameter {
        value.map { .text($0) as QueryParameter } ?? .null
    }

    /// An integer, or NULL.
    package static func integer(_ value: Int64?) -> QueryParameter {
        value.map { .text(String($0)) } ?? .null
    }

    /// An integer.
    package static func integer(_ value: Int) -> QueryParameter { .text(String(value)) }

    /// A floating-point number.
    package static func double(_ value: Double) -> QueryParameter { .text(String(value)) }

    /// A Boolean.
    package static func bool(_ value: Bool) -> QueryParameter { .text(value ? "t" : "f") }

    /// A `bigint[]`.
    package static func integers(_ values: some Sequence<Int64>) -> QueryParameter {
        .text("{" + values.map(String.init).joined(separator: ",") + "}")
    }

    /// A `text[]`, or an array of anything that is written as text; nil elements are NULL.
    package static func texts(_ values: some Sequence<String?>) -> QueryParameter {
        let elements = values.map { value in
            guard let value else { return "NULL" }
            return "\"" + value.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
        }
        return .text("{" + elements.joined(separator: ",") + "}")
    }
}

extension QueryParameter: ExpressibleByNilLiteral, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}
