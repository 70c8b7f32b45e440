import Catalog
import ControlStore

extension RunConclusion {
    /// How a run ended that another coordinator has brought to its end; nil while it is not over.
    static func recorded(of run: RunRecord, plan: ResolvedPlan, in store: ControlStore) async throws -> RunSummary? {
        switch run.status {
        case .running, .paused:
            return nil
        case .cancelled:
            return RunSummary(.failed, "the run was cancelled")
        case .failed:
            return RunSummary(.failed, run.statusReason ?? "the run failed")
        case .completed:
            let status = try await store.status(of: run.id)
            return RunConclusion(
                failedShards: status.failedShards,
                totals: status.totals,
                isMixed: status.run.isMixed,
                off: try await store.openObjects(of: run.id),
                run: run.number,
                limit: plan.policy.maximumRejects
            )
            .summary
        }
    }
}
