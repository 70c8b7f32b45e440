import Catalog
import ControlStore
import RowPipeline
import Scheduling

/// The row that keeps the value for which another one was rejected as `duplicate`, as far as the target tells.
struct WinningRow {
    /// Target columns that must be unique together; nil where one of several rules is meant.
    let columns: [String]?
    let key: Int64?
    /// The shard that brought it.
    let shard: ShardID?

    /// Nil where the reject is none for a unique rule, or nothing is known of the plan.
    init?(_ reject: RejectRecord, plan: ResolvedPlan?, run: RunRecord, store: ControlStore) async throws {
        guard reject.reason == "duplicate", let entity = plan?.entity(named: reject.entity.rawValue) else { return nil }
        for rule in entity.uniqueRules {
            guard let legacy = entity.legacyColumn, let values = Self.values(of: reject, rule.columns, entity) else {
                continue
            }
            let key = try await store.keyOfRow(
                in: entity.targetTable,
                legacyColumn: legacy,
                where: values,
                otherThan: reject.key
            )
            guard let key else { continue }
            self.columns = rule.columns
            self.key = key
            self.shard = try await store.copyShard(of: reject.entity, key: key, in: run.id)
            return
        }
        self.columns = entity.uniqueRules.count == 1 ? entity.uniqueRules.first?.columns : nil
        self.key = nil
        self.shard = nil
    }

    /// What the rejected row has in the columns of a rule, where they are columns of the source carried over and its row
    /// was stored; nil otherwise.
    private static func values(
        of reject: RejectRecord,
        _ columns: [String],
        _ entity: ResolvedEntity
    ) -> [ControlStore.ColumnValue]? {
        guard let text = reject.sourceRow, case .object(let row) = JSONValue(text: text) else { return nil }
        var values: [ControlStore.ColumnValue] = []
        for column in columns {
            guard let output = entity.program.outputs.first(where: { $0.name == column }),
                let type = entity.stagingColumns.first(where: { $0.name == column })?.type
            else { return nil }
            let input: Int
            switch output.operation {
            case .copy(let place), .convert(let place, _): input = place
            case .constant: continue
            case .uuid, .reference, .map, .json: return nil
            }
            guard let name = Self.column(entity.select.expressions[input]), let value = row[name]?.plainText else {
                return nil
            }
            values.append(ControlStore.ColumnValue(column: column, type: type, value: value))
        }
        return values.isEmpty ? nil : values
    }

    /// The column of the source that an expression is, cast or not; nil where it is more than that.
    private static func column(_ expression: String) -> String? {
        let inner = expression.drop { $0 == "(" }
        guard inner.hasPrefix("source.") else { return nil }
        let rest = inner.dropFirst("source.".count)
        let name: Substring
        let cast: Substring
        if rest.hasPrefix("\"") {
            name = rest.dropFirst().prefix { $0 != "\"" }
            cast = rest.dropFirst(name.count + 2)
        } else {
            name = rest.prefix(while: Self.isInName)
            cast = rest.dropFirst(name.count)
        }
        guard cast.isEmpty || cast.hasPrefix(")") || cast.hasPrefix("::"),
            cast.allSatisfy({ Self.isInName($0) || ").:".contains($0) })
        else { return nil }
        return String(name)
    }

    private static func isInName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}

extension JSONValue {
    /// A scalar as PostgreSQL's input functions read it; nil for NULL, and for what is none or may have lost digits.
    fileprivate var plainText: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .bool(let value): value ? "true" : "false"
        case .null, .number, .array, .object: nil
        }
    }
}
