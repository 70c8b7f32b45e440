import MigrationPlan
import Preflight

/// What `godwit check` prints.
struct CheckReport: Encodable {
    var file: String
    var plan: PlanRow?
    var passes: Bool
    var findings: [FindingReport.Row]
    var databases: [DatabaseRow]
    /// In the order of the run.
    var estimates: [EstimateRow]
    var total: EstimateRow

    struct PlanRow: Encodable {
        var name: String
        var hash: String
    }

    struct DatabaseRow: Encodable {
        var side: String
        var address: String?
        var version: String?
        var error: String?
    }

    struct EstimateRow: Encodable {
        var entity: String?
        var rows: Int64
        var bytes: Int64
        /// Of one slot that has the servers for itself.
        var seconds: Double
    }

    init(_ examined: ExaminedPlan) {
        self.file = examined.file
        self.plan = examined.plan.map { PlanRow(name: $0.name, hash: $0.hash) }
        self.passes = examined.isResolved && examined.status == .done
        self.findings = examined.report.rows
        self.databases = examined.databases.map(DatabaseRow.init)
        self.estimates = examined.estimates.map {
            EstimateRow(entity: $0.entity, rows: $0.rows, bytes: $0.bytes, seconds: $0.seconds)
        }
        self.total = self.estimates.reduce(into: EstimateRow(entity: nil, rows: 0, bytes: 0, seconds: 0)) {
            $0.rows += $1.rows
            $0.bytes += $1.bytes
            $0.seconds += $1.seconds
        }
    }

    /// For people.
    func text(findings: FindingReport) -> String {
        var lines: [String] = []
        if !self.findings.isEmpty { lines += [findings.text] }
        for database in self.databases { lines.append(database.line) }
        lines.append("")
        if !self.estimates.isEmpty {
            var table = TextTable([.left("entity"), .right("rows"), .right("bytes"), .right("one slot")])
            for estimate in self.estimates + [self.total] {
                table.add([
                    estimate.entity ?? "total", Figures.count(estimate.rows), Figures.bytes(estimate.bytes),
                    Figures.duration(estimate.seconds),
                ])
            }
            lines += table.lines() + [""]
        }
        let verdict =
            if self.passes {
                "the plan may run: godwit migrate --plan \(self.file)"
            } else if self.databases.contains(where: { $0.error != nil }) {
                "not checked against the databases: see above"
            } else {
                "the plan can't run: \(findings.summary)"
            }
        return (lines + [verdict]).joined(separator: "\n") + "\n"
    }
}

extension CheckReport.DatabaseRow {
    init(_ database: ExaminedPlan.Database) {
        self.side = database.side
        self.address = database.address
        self.version = database.version.map(Self.text)
        self.error = database.error
    }

    /// `source: PostgreSQL 15.4 at …`, or why not.
    var line: String {
        if let error = self.error { return "\(self.side): \(error)" }
        return "\(self.side): PostgreSQL \(self.version ?? "?") at \(self.address ?? "?")"
    }

    /// 150004 is 15.4.
    private static func text(_ version: Int) -> String {
        "\(version / 10_000).\(version % 10_000)"
    }
}
