import Catalog
import ControlProtocol
import ControlStore
import Logging
import Observability
import Postgres
import Scheduling

extension WorkerProcess {
    /// A LEASE came: starts it, says again how it ended, or gives it back.
    func leased(_ lease: Lease, in group: inout ThrowingDiscardingTaskGroup<any Error>) async {
        let assignment = lease.assignment
        if self.run?.wants(snapshotNumber: lease.snapshotNumber) == true {
            // Taken anew for a replay; what this worker holds is too old for the shard.
            self.offerSnapshot(lease.snapshot, number: lease.snapshotNumber, in: &group)
        }
        if let run = self.run, run.planRevision < lease.planRevision ?? 1 {
            self.readPlan(for: lease, in: &group)
            return
        }
        guard let run = self.run, let entity = run.entities[lease.entity], run.snapshot != nil || lease.kind.isTask
        else {
            await self.giveBack(lease.lease)
            return
        }
        switch self.machine.leased(assignment, now: .now) {
        case .start(let slot):
            self.shardsOfLeases[lease.lease] = lease.shard
            self.start(assignment, entity: entity, run: run, slot: slot, in: &group)
        case .reportAgain(let lease):
            if let report = self.reports[lease] { await self.say(report) }
        case .giveBack:
            await self.giveBack(lease.lease)
        case .none:
            break
        }
    }

    private func start(
        _ assignment: Assignment,
        entity: ResolvedEntity,
        run: RunContext,
        slot number: Int,
        in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        let slot = self.slots[number]
        slot.control.begin()
        group.addTask { [mailbox] in
            let start = ContinuousClock.now
            do throws(AttemptFailure) {
                let job = ShardJob(
                    run: run.id,
                    assignment: assignment,
                    entity: entity,
                    plan: run.plan,
                    planRevision: run.planRevision,
                    snapshot: run.snapshot,
                    keys: try await run.sets.keys(of: assignment),
                    sets: try await run.sets.sets(for: entity, kind: assignment.kind, run: run, epoch: assignment.epoch)
                )
                let counters = try await slot.run(job)
                slot.control.end()
                let totals = WorkerEvent.ShardTotals(
                    source: counters.sourceRows,
                    migrated: counters.migrated,
                    rejected: counters.rejected,
                    filtered: counters.filtered,
                    seconds: (ContinuousClock.now - start) / .seconds(1)
                )
                mailbox.yield(.ended(slot: number, assignment, .done(totals)))
            } catch {
                slot.control.end()
                mailbox.yield(.ended(slot: number, assignment, .failed(error)))
            }
        }
    }

    /// A slot is free again: tells the coordinator how the attempt ended, until it acknowledges.
    func attemptEnded(slot: Int, _ assignment: Assignment, _ attempt: WorkerEvent.Attempt) async {
        let logger = self.logger.with(self.metadata(of: assignment))
        let report: WorkerMessage
        switch attempt {
        case .done(let totals):
            logger.debug(
                "shard done",
                metadata: .of([
                    .rowsRead: totals.source,
                    .rowsMigrated: totals.migrated,
                    .rowsRejected: totals.rejected,
                    .durationMilliseconds: Int(totals.seconds * 1000),
                ])
            )
            report = .done(Done(assignment, totals))
        case .failed(let failure):
            logger.warning(
                "shard not done",
                metadata: .of([.error: failure.message, .sqlState: failure.sqlState, .reason: failure.failure.rawValue])
            )
            if failure.failure == .snapshotLost { self.run?.snapshot = nil }
            report = .failed(Failed(assignment, failure))
        }
        self.machine.finished(slot: slot)
        self.reports[assignment.lease] = report
        await self.say(report)
        await self.ping()
    }

    /// Returns a lease this worker cannot use; silence would only cost the lease's whole time.
    func giveBack(_ lease: LeaseID) async {
        do throws(ControlStoreError) {
            _ = try await self.store.release([lease])
        } catch {
            self.logger.warning(
                "a lease can't be given back",
                metadata: .of([.leaseID: lease, .error: "\(error)"])
            )
        }
    }

    private func metadata(of assignment: Assignment) -> [LogKey: any CustomStringConvertible & Sendable] {
        [
            .runID: self.run?.id.description ?? "",
            .entity: assignment.entity,
            .shardID: assignment.shard,
            .attempt: assignment.attempt,
        ]
    }
}
