import ControlStore
import Coordinator
import Postgres
import Scheduling

/// What somebody has to do something about; each has its section in `docs/runbook.md`.
enum Alert: String, CaseIterable {
    case paused
    case failedRun = "failed-run"
    case cancelledRun = "cancelled-run"
    case noCoordinator = "no-coordinator"
    case noWorkers = "no-workers"
    case tooManyWorkers = "too-many-workers"
    case throttled
    case disturbed
    case sourceBlocked = "source-blocked"
    case failedShards = "failed-shards"
    case tooManyRejects = "too-many-rejects"
    case twoSnapshots = "two-snapshots"
    case triggersOff = "triggers-off"
    case structuresOff = "structures-off"

    /// The section's anchor.
    var runbookAnchor: String { "alert-\(self.rawValue)" }
}

extension RunView {
    /// What there is to be alarmed about, with the words for it.
    var alerts: [(alert: Alert, text: String)] {
        let run = self.run
        var alerts: [(alert: Alert, text: String)] = []
        switch run.status {
        case .paused:
            let who = run.statusBy.map { ", by \($0)" } ?? ""
            let nobody = self.isLed ? "" : ", and no coordinator is up"
            alerts.append(
                (
                    .paused,
                    "PAUSED: \(run.statusReason ?? "by an operator")\(who)\(nobody); next: \(run.commandAfterPause)"
                )
            )
        case .failed:
            alerts.append((.failedRun, "FAILED: \(run.statusReason ?? "see godwit events")"))
        case .running where !self.isLed:
            alerts.append(
                (.noCoordinator, "NO COORDINATOR: start godwit migrate or godwit coordinator with the same plan")
            )
        case .running where self.lacksWorkers:
            alerts.append((.noWorkers, "NO WORKERS: start godwit worker"))
        case .running where self.metrics?.isBudgetUsedUp == true:
            let workers = Figures.counted(self.workers.count, "worker")
            alerts.append(
                (
                    .tooManyWorkers,
                    "TOO MANY WORKERS: \(workers) use the plan's connections: up, so only one shard runs; godwit drain some"
                )
            )
        case .cancelled:
            let who = run.statusBy.map { ", by \($0)" } ?? ""
            alerts.append((.cancelledRun, "CANCELLED: \(run.statusReason ?? "by an operator")\(who)"))
        case .running, .completed:
            break
        }
        if self.isActive, self.isLed {
            if let reason = self.metrics?.throttle?.reason {
                let what = self.metrics?.throttle?.standing == .closed ? "nothing is read: " : ""
                let text = "THROTTLED: \(what)\(reason); godwit throttle \(run.number) shows the limits"
                alerts.append((.throttled, text))
            }
            for wait in self.metrics?.waits ?? [] {
                alerts.append(
                    (
                        .sourceBlocked,
                        """
                        SOURCE BLOCKED: \(wait.text); let it wait for the run's end, or on the source: \
                        SELECT pg_cancel_backend(\(wait.pid))
                        """
                    )
                )
            }
        }
        if self.isActive, let disturbance = self.report.disturbance {
            alerts.append((.disturbed, disturbance.text))
        }
        let failed = self.report.failedShards
        if failed > 0 {
            let shards = Figures.counted(failed, "failed shard")
            alerts.append((.failedShards, "\(shards): godwit shards --failed, then godwit retry --failed"))
        }
        if let excess = self.rejectExcess {
            alerts.append((.tooManyRejects, "TOO MANY REJECTS: \(excess); godwit rejects counts \(run.number)"))
        }
        if run.isMixed {
            let text = "shards were read under more than one snapshot, so a row may not fit its parents. "
            alerts.append((.twoSnapshots, text + RunConclusion.mixedAdvice(run: run.number)))
        }
        if let text = StructuresOff.text(self.report.leftOff, run: run.number) {
            alerts.append((.structuresOff, text))
        }
        let triggersOff = self.report.leftOff.filter(\.isTrigger)
        if let first = triggersOff.first {
            let triggers = Figures.counted(triggersOff.count, "trigger")
            alerts.append(
                (
                    .triggersOff,
                    """
                    TRIGGERS OFF: the run left \(triggers) switched off; as the tables' owner: \(first.restoreSQL)\
                    \(triggersOff.dropFirst().map { "; \($0.restoreSQL)" }.joined())
                    """
                )
            )
        }
        return alerts
    }
}

extension Disturbance {
    /// What is disturbed and by what, in one line.
    fileprivate var text: String {
        let others = self.shards > 1 ? ", and \(Figures.counted(self.shards - 1, "other shard"))" : ""
        let state = self.sqlState.map { " (SQLSTATE \($0))" } ?? ""
        return """
            DISTURBED: \(self.kind.rawValue) shard \(self.shard) of \(self.entity) \(self.count) times in a row\(others): \
            \(self.message ?? "no reason known")\(state); it is tried again for ever
            """
    }
}
