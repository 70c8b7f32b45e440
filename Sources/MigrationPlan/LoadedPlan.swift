/// What became of a plan file: the plan if it is usable, and everything its author should know.
package struct LoadedPlan: Sendable, Equatable {
    /// Nil where a finding is an error.
    package var plan: Plan?
    /// In the order of their places in the file.
    package var findings: [Finding]
    /// The file's name as it is shown beside the findings.
    package var file: String

    /// The findings as a compiler would print them.
    package var report: FindingReport {
        FindingReport(file: self.file, findings: self.findings)
    }
}
