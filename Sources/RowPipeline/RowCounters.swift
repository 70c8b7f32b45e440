/// What became of the rows of a shard; added up over batches, shards and workers.
package struct RowCounters: Sendable, Equatable, Codable {
    package var read = 0
    package var migrated = 0
    /// Rejected rows by `RejectReason.code`.
    package private(set) var rejected: [String: Int] = [:]
    /// Adjusted values of migrated rows, `Adjustment.allCases.count` per output column.
    private var adjusted: [Int]

    package init(columns: Int) {
        self.adjusted = [Int](repeating: 0, count: columns * Adjustment.allCases.count)
    }

    package var rejectedTotal: Int {
        self.rejected.values.reduce(0, +)
    }

    /// How many values of an output column were adjusted that way.
    package func adjusted(column: Int, _ kind: Adjustment) -> Int {
        self.adjusted[column * Adjustment.allCases.count + kind.rawValue]
    }

    /// Every count that is not zero.
    package var adjustments: [(column: Int, kind: Adjustment, count: Int)] {
        let kinds = Adjustment.allCases
        return self.adjusted.indices.filter { self.adjusted[$0] != 0 }
            .map {
                ($0 / kinds.count, kinds[$0 % kinds.count], self.adjusted[$0])
            }
    }

    /// Counts a rejected row.
    package mutating func reject(_ reason: RejectReason) {
        self.rejected[reason.code, default: 0] += 1
    }

    /// Moves a row from migrated to rejected, after the server refused it.
    package mutating func refuse(_ reason: RejectReason) {
        self.migrated -= 1
        self.reject(reason)
    }

    package static func += (total: inout Self, other: Self) {
        total.read += other.read
        total.migrated += other.migrated
        total.rejected.merge(other.rejected, uniquingKeysWith: +)
        if total.adjusted.count < other.adjusted.count {
            total.adjusted += [Int](repeating: 0, count: other.adjusted.count - total.adjusted.count)
        }
        for index in other.adjusted.indices { total.adjusted[index] += other.adjusted[index] }
    }

    mutating func adjust(_ index: Int) {
        self.adjusted[index] += 1
    }
}

extension RowCounters {
    /// How a value of a migrated row differs from what the source said.
    package enum Adjustment: Int, CaseIterable, Sendable, Codable {
        case nullOrphan
        case placeholder
        case jsonNull
        case jsonRepaired
        case jsonWrapped
        case truncated
        case mapDefault

        /// The kind as the control schema and reports name it.
        package var code: String {
            switch self {
            case .nullOrphan: "null_orphan"
            case .placeholder: "placeholder"
            case .jsonNull: "json_null"
            case .jsonRepaired: "json_repaired"
            case .jsonWrapped: "json_wrapped"
            case .truncated: "truncated"
            case .mapDefault: "map_default"
            }
        }
    }
}
