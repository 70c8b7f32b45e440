import Foundation
import MigrationPlan

/// A plan named on the command line.
enum PlanFile {
    /// Loads a plan that may be run; its findings go to standard error otherwise.
    static func load(_ path: String) throws -> Plan {
        let loaded = PlanLoader.load(path: path)
        guard let plan = loaded.plan, !loaded.findings.contains(where: { $0.severity == .error }) else {
            throw CommandFailure(.invalidPlan, FindingReport(file: path, findings: loaded.findings).text)
        }
        return plan
    }
}
