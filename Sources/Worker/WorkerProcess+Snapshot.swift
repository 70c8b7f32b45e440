import Catalog
import ControlProtocol
import ControlStore
import FoundationEssentials
import Logging
import Observability
import Postgres
import Scheduling

/// What a worker reads a shard with: the run's snapshot and the run's plan, as they are now.
extension WorkerProcess {
    /// Imports the run's snapshot where this worker does not hold it, or an older one.
    func offerSnapshot(
        _ identifier: String?,
        number: Int?,
        in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        guard let identifier, var run = self.run, run.wants(snapshotNumber: number) else { return }
        run.isImporting = true
        run.snapshot = nil
        self.run = run
        let tables = run.sourceTables
        group.addTask { [keeper, mailbox, logger] in
            do throws(PostgresError) {
                let held = try await keeper.hold(importing: identifier, locking: tables)
                mailbox.yield(.snapshotHeld(held.identifier, imported: identifier, number: number ?? 0))
            } catch {
                logger.warning("the run's snapshot can't be imported", metadata: .of([.error: "\(error)"]))
                mailbox.yield(.snapshotHeld(nil, imported: identifier, number: number ?? 0))
            }
        }
    }

    func snapshotHeld(_ identifier: String?, imported: String, number: Int) async {
        self.run?.isImporting = false
        self.run?.snapshot = identifier
        guard identifier != nil else { return }
        self.run?.snapshotNumber = number
        self.logger.info("holding the snapshot", metadata: .of([.snapshotID: imported]))
        // It can work from now on; the next ping in turn may be two seconds away.
        await self.ping()
    }

    /// Reads the plan again that a LEASE says was corrected, beside the event loop; the LEASE waits for it.
    func readPlan(for lease: Lease, in group: inout ThrowingDiscardingTaskGroup<any Error>) {
        guard let run = self.run?.id else { return }
        group.addTask { [store, mailbox, logger] in
            do {
                let (revision, text) = try await store.currentPlan(run)
                let plan = try JSONDecoder().decode(ResolvedPlan.self, from: Data(text.utf8))
                mailbox.yield(.revised(lease, run, WorkerEvent.RevisedPlan(plan: plan, revision: revision)))
            } catch {
                logger.warning("the corrected plan can't be read", metadata: .of([.error: "\(error)"]))
                mailbox.yield(.revised(lease, run, nil))
            }
        }
    }

    func revised(
        _ lease: Lease,
        _ run: RunID,
        _ revised: WorkerEvent.RevisedPlan?,
        in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async {
        guard let revised, revised.revision >= lease.planRevision ?? 1, self.run?.id == run else {
            await self.giveBack(lease.lease)
            return
        }
        if revised.revision > self.run?.planRevision ?? 0 {
            self.run?.revise(revised.plan, revision: revised.revision)
            self.logger.info("took over the corrected plan", metadata: .of([.runID: run]))
        }
        await self.leased(lease, in: &group)
    }
}
