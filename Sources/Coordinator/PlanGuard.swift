package import ControlStore
package import MigrationPlan

/// Keeps a run from going on with another plan than it was begun with.
package struct PlanGuard: Sendable {
    private let store: ControlStore

    package init(store: ControlStore) {
        self.store = store
    }

    /// Refuses a plan that is not the run's, and says what has changed.
    ///
    /// - Throws: `CoordinatorError` of code `planChanged`, or the control schema's error.
    package func require(_ plan: Plan, file: String, of run: RunRecord) async throws {
        guard run.planHash != plan.hash else { return }
        let before = try await self.store.planText(run.id)
        let changes = PlanDifference.between(before, plan.text)
        throw CoordinatorError(
            .planChanged,
            """
            run #\(run.number) of plan \(run.name) is unfinished and was begun with another version of \(file):
            \(Self.list(changes))
            resume it with that version, correct it with `godwit retry --plan` or `godwit rejects replay --plan` where that \
            moves no rows, or give it up with `godwit cancel \(run.number)` before you begin anew
            """
        )
    }

    /// More changes than these are told by their number; nobody reads a list of hundreds.
    private static let listed = 20

    private static func list(_ changes: [String]) -> String {
        guard !changes.isEmpty else {
            return "  comments, order or layout only, but a run goes on with the very same text"
        }
        let rest = changes.count > Self.listed ? ["… and \(changes.count - Self.listed) more"] : []
        return (changes.prefix(Self.listed) + rest).map { "  " + $0 }.joined(separator: "\n")
    }
}
