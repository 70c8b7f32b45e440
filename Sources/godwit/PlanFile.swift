import Foundation
import MigrationPlan

/// A plan named on the command line.
enum PlanFile {
    /// Loads a plan that may be run; its findings go to standard error otherwise.
    static func load(_ path: String) throws -> Plan {
        let loaded = PlanLoader.load(path: path)
        guard let plan = loaded.plan, !loaded.findings.contains(where: { $0.severity == .error }) else {
            let report = FindingReport(file: path, findings: loaded.findings.filter { $0.severity > .note })
            throw CommandFailure(.invalidPlan, "the plan can't run:\n\(report.text)")
        }
        return plan
    }
}
