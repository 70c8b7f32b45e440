import Catalog
import RowPipeline
import Scheduling

extension ShardJob {
    /// Keys of the job, all of them or some.
    enum Part: Sendable, Equatable {
        case range(KeyRange)
        case keys([Int64])
    }

    /// All of its keys.
    var part: Part { self.assignment.kind == .replay ? .keys(self.keys) : .range(self.assignment.range) }

    /// What is read of its rows.
    var select: SourceSelect {
        self.assignment.kind == .fill ? self.entity.fill?.select ?? self.entity.select : self.entity.select
    }

    /// Whether its table has columns whose values may not be shown.
    var hasPersonalColumns: Bool { self.entity.hasPersonalColumns }

    /// Whether the source rows of its rejects are stored.
    var keepsRejectedRows: Bool { self.entity.keepsRejectedRows ?? self.plan.policy.keepsRejectedRows }

    /// Reads the rows of a part, but for those that the source can't compute.
    func copyOutStatement(of part: Part, without unreadable: [Int64]) -> String {
        switch part {
        case .keys(let keys):
            let others = Set(unreadable)
            return self.entity.copyOutStatement(keys: keys.filter { !others.contains($0) })
        case .range(let range) where self.assignment.kind == .fill:
            return self.entity.fillCopyOutStatement(lower: range.lower, upper: range.upper, without: unreadable) ?? ""
        case .range(let range):
            return self.entity.copyOutStatement(lower: range.lower, upper: range.upper, without: unreadable)
        }
    }
}
