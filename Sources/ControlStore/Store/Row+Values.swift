import FoundationEssentials
import Postgres
import Scheduling

/// Values the control schema's own statements select; a column of another kind is a mistake in the statement.
extension Row {
    /// A column's value, converted; NULL stays nil.
    func optional<Value>(_ column: String, _ convert: (String) -> Value?) -> Value? {
        self.text(column)
            .map { text in
                guard let value = convert(text) else { preconditionFailure("column \(column) holds no \(Value.self)") }
                return value
            }
    }

    /// A column's value, converted, where the schema says NOT NULL.
    func value<Value>(_ column: String, _ convert: (String) -> Value?) -> Value {
        guard let value = self.optional(column, convert) else { preconditionFailure("column \(column) is NULL") }
        return value
    }

    /// A text that is never NULL.
    func string(_ column: String) -> String {
        self.value(column) { $0 }
    }

    /// An integer that is never NULL.
    func count(_ column: String) -> Int {
        self.value(column) { Int($0) }
    }

    /// A Boolean that is never NULL.
    func flag(_ column: String) -> Bool {
        self.bool(column) ?? false
    }

    /// Seconds since 1970, which the SQL makes with `extract(epoch from …)`.
    func date(_ column: String) -> Date? {
        self.double(column).map { Date(timeIntervalSince1970: $0) }
    }

    /// An entity's name.
    func entity(_ column: String) -> EntityName {
        EntityName(rawValue: self.string(column))
    }

    /// A shard's number.
    func shard(_ column: String) -> ShardID {
        self.value(column) { ShardID($0) }
    }

    /// The columns `lower_key` and `upper_key`.
    func range() -> KeyRange {
        KeyRange(lower: self.integer("lower_key"), upper: self.integer("upper_key"))
    }

    /// A `bigint[]` without NULLs.
    func keys(_ column: String) -> [Int64]? {
        self.optional(column) { text in
            text.dropFirst().dropLast().split(separator: ",").map { Int64($0) ?? 0 }
        }
    }

    /// A JSON array of strings, which the SQL makes with `to_json`.
    func strings(_ column: String) -> [String] {
        self.value(column) { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
    }

    /// A JSON object of integers.
    func figures(_ column: String) -> [String: Int] {
        self.value(column) { try? JSONDecoder().decode([String: Int].self, from: Data($0.utf8)) }
    }

    /// A JSON object of seconds; none where it is NULL.
    func seconds(_ column: String) -> [String: Double] {
        self.optional(column) { try? JSONDecoder().decode([String: Double].self, from: Data($0.utf8)) } ?? [:]
    }
}
