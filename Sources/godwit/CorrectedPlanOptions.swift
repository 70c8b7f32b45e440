import ArgumentParser
import ControlStore

/// The corrected plan by which a run goes on.
struct CorrectedPlanOptions: ParsableArguments {
    @Option(name: .customLong("plan"), help: ArgumentHelp("The corrected plan.", valueName: "file"))
    var file: String?

    /// The revision that the file makes of the run's plan.
    ///
    /// - Returns: nil without a file, and where the file is the plan that the run has.
    /// - Throws: `CommandFailure` with everything that stands against it.
    func revision(
        of run: RunRecord,
        for command: String,
        _ databases: DatabaseOptions,
        _ store: ControlStore
    ) async throws -> NewPlanRevision? {
        guard let file = self.file else { return nil }
        return try await PlanRevising(databases: databases, store: store, command: command)
            .revision(of: run, path: file)
    }
}

extension NewPlanRevision {
    /// `the plan is revision 2 now (orders.status); rows that are in the target keep what they have`.
    var text: String {
        let changes = self.changes.isEmpty ? "" : " (\(self.changes.joined(separator: ", ")))"
        return "the plan is revision \(self.number) now\(changes); rows that are in the target keep what they have"
    }
}
