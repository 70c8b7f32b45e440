import Catalog
import MigrationPlan
import Preflight

/// What an examination of a plan came to.
struct ExaminedPlan: Sendable {
    var file: String
    /// Nil where the file alone is wrong.
    var plan: Plan?
    var findings: [Finding]
    /// Source, then target.
    var databases: [Database] = []
    /// The entities that both databases could resolve.
    var entities: [ResolvedEntity] = []
    var estimates: [EntityEstimate] = []
    /// Whether the plan as a whole could be resolved against both databases.
    var isResolved = false

    /// Nothing known of a plan yet.
    init(file: String) {
        self.file = file
        self.findings = []
    }

    init(_ loaded: LoadedPlan) {
        self.file = loaded.file
        self.plan = loaded.plan
        self.findings = loaded.findings
    }

    /// One of the two databases, as far as it could be reached.
    struct Database: Sendable {
        var side: String
        var address: String?
        var version: Int?
        /// Why it could not be used.
        var error: String?
        var status = ExitStatus.unavailable

        init(side: String) {
            self.side = side
        }
    }

    var report: FindingReport { FindingReport(file: self.file, findings: self.findings) }

    /// The plan's errors weigh more than a database that can't be reached: they don't go away by themselves.
    var status: ExitStatus {
        if self.findings.contains(where: { $0.severity == .error }) { return .invalidPlan }
        return self.databases.first { $0.error != nil }?.status ?? .done
    }
}
