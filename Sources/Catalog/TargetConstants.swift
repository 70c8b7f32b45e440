import MigrationPlan
import Postgres

/// Values of the plan in the binary form of the target's types, as the target itself makes it.
struct TargetConstants {
    /// A value for a column of that type.
    struct Request: Hashable {
        var type: UInt32
        var typeSQL: String
        var modifier: Int32
        var text: String
    }

    private var values: [Request: [UInt8]] = [:]
    private var refusals: [Request: String] = [:]

    /// The binary form.
    func value(of request: Request) -> [UInt8]? { self.values[request] }

    /// Why the target refuses it.
    func refusal(of request: Request) -> String { self.refusals[request] ?? "its type has no binary form" }

    /// Everything at once; one at a time only to find those that are refused.
    mutating func convert(
        _ requests: [Request],
        types: TypeCatalog,
        _ connection: borrowing Connection
    ) throws(PostgresError) {
        // A SELECT list ends at 1,664 columns; each request takes two.
        for start in stride(from: 0, to: requests.count, by: 500) {
            let some = requests[start..<min(start + 500, requests.count)]
            do {
                try self.convertAtOnce(Array(some), types: types, connection)
            } catch  where error.isAboutThePlan {
                for request in some {
                    do {
                        try self.convertAtOnce([request], types: types, connection)
                    } catch  where error.isAboutThePlan {
                        self.refusals[request] = error.serverMessage ?? error.message
                    }
                }
            }
        }
    }

    private mutating func convertAtOnce(
        _ requests: [Request],
        types: TypeCatalog,
        _ connection: borrowing Connection
    ) throws(PostgresError) {
        var expressions: [String] = []
        var sent: [Request] = []
        for request in requests {
            guard let base = types.base(of: request.type, modifier: request.modifier),
                let send = types[request.type]?.sendFunction ?? base.type.sendFunction
            else { continue }
            let literal = SQLText.literal(request.text)
            expressions.append("\(send)(\(literal)::\(request.typeSQL))")
            // A cast to varchar(3) or numeric(10,2) cuts or rounds without a word.
            let isChanged =
                base.modifier == -1
                ? "false"
                : "(\(literal)::\(request.typeSQL))::\(base.type.sql) IS DISTINCT FROM \(literal)::\(base.type.sql)"
            expressions.append(isChanged)
            sent.append(request)
        }
        guard !sent.isEmpty, let row = try connection.query("SELECT \(expressions.joined(separator: ", "))").first
        else {
            return
        }
        for (index, request) in sent.enumerated() {
            if row.bool(2 * index + 1) == true {
                self.refusals[request] = "it does not fit \(request.typeSQL) unchanged"
            } else {
                self.values[request] = row.bytes(2 * index)
            }
        }
    }
}

extension EntityPlan {
    /// The values of the plan that go into columns of the target table.
    func constants(in table: CatalogTable) -> [TargetConstants.Request] {
        self.columns.flatMap { column -> [TargetConstants.Request] in
            guard let target = table.column(named: column.name) else { return [] }
            return column.value.constants.map { target.request($0) }
        }
    }
}

extension CatalogTable.Column {
    /// That text as a value of this column.
    func request(_ text: String) -> TargetConstants.Request {
        TargetConstants.Request(type: self.type, typeSQL: self.typeSQL, modifier: self.modifier, text: text)
    }
}

extension ColumnValue {
    /// Texts that must be valid input for the target column's type.
    var constants: [String] {
        switch self {
        case .constant(let text): return text.map { [$0] } ?? []
        case .map(let plan):
            var texts = plan.table.values.compactMap { $0 } + (plan.null.map { [$0] } ?? [])
            if case .value(let text) = plan.otherwise { texts.append(text) }
            return Array(Set(texts)).sorted()
        case .copy, .sql, .reference, .json, .uuid, .targetDefault: return []
        }
    }
}
