import Catalog
import ControlStore
import Logging
import MigrationPlan
import Observability
import Scheduling

/// How the run ends when everything is done or failed.
///
/// The sums of a hundred thousand shards take longer than a worker should wait for its PONG: they are read beside the loop,
/// and the run is judged by them in a later turn.
extension RunLeader {
    /// Whether the sums are being read by which the run is judged.
    enum Conclusion {
        /// The run is not over. Can transition to: wanted.
        case none
        /// It is over, and its sums have to be read from now on. Can transition to: reading, none.
        case wanted
        /// They are being read. Can transition to: wanted (the run went on and is over again), none.
        case reading
    }

    /// What a run is judged by.
    struct ConclusionReading: Sendable {
        var status: StatusReport
        var isMixed: Bool
        var off: [SuspendedRecord]

        init(of run: RunID, in store: ControlStore) async throws(ControlStoreError) {
            self.status = try await store.status(of: run, counting: .parentPending)
            self.isMixed = try await store.hasMixedSnapshots(run)
            self.off = try await store.openObjects(of: run)
        }
    }

    /// Everything is done or failed: has the run judged, unless there is more to do.
    func conclude() async throws {
        guard self.unanalyzed.isEmpty, self.analyzing.isEmpty else {
            self.isConclusionDue = true
            return
        }
        if try await self.expectReplays() { return }
        try await self.createAuditView()
        self.conclusion = .wanted
    }

    /// Does what the end of the run needs and what need not come after the last ANALYZE, while that is under way.
    func prepareConclusion() async throws {
        if self.isConclusionDue, !self.analyzing.isEmpty { try await self.createAuditView() }
    }

    /// Makes the view over the ledger and the targets, once for each revision of the plan.
    private func createAuditView() async throws {
        guard self.plan.policy.audit == .view, self.auditedRevision != self.run.planRevision else { return }
        try await self.store.createAuditView(
            of: self.plan.entities.map { EntityName(rawValue: $0.name) },
            in: self.run.id
        )
        self.auditedRevision = self.run.planRevision
    }

    /// Asks for the end again, where the machine has not learnt of more to do.
    func concludeAtLast() async throws {
        guard self.isConclusionDue else { return }
        self.isConclusionDue = false
        guard self.machine.hasEnded else { return }
        try await self.conclude()
    }

    /// Begins to read what is wanted of the run's sums, for its judgement or for the record.
    func startReadings(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        if self.conclusion == .wanted, !self.isReadingConclusion {
            self.conclusion = .reading
            self.isReadingConclusion = true
            group.addTask { [keeper, mailbox, run = self.run.id] in
                do throws(ControlStoreError) {
                    mailbox.yield(.concluded(.success(try await keeper.conclusion(of: run))))
                } catch {
                    mailbox.yield(.concluded(.failure(error)))
                }
            }
        }
        if self.ended != nil, self.lastFigures == .due, !self.isReadingStatus {
            self.lastFigures = .reading
            self.readStatus(&group)
        }
    }

    /// The sums are there: says how the run ended, honestly, unless it goes on.
    func concluded(_ result: Result<ConclusionReading, ControlStoreError>) async throws {
        self.isReadingConclusion = false
        // Asked for again meanwhile, what was read is too old.
        guard self.conclusion == .reading else { return }
        self.conclusion = .none
        guard self.targetOutage == nil, self.ended == nil, self.machine.hasEnded else { return }
        let reading: ConclusionReading
        do throws(ControlStoreError) {
            reading = try result.get()
        } catch {
            // There may be no connection left for it: the leading session has one, and says what else is wrong.
            self.logger.warning("the run's sums can't be read beside the loop", metadata: .of([.error: "\(error)"]))
            reading = try await ConclusionReading(of: self.run.id, in: self.store)
        }
        let conclusion = RunConclusion(
            failedShards: self.machine.failedShards.count,
            totals: reading.status.totals,
            isMixed: reading.isMixed,
            off: reading.off,
            run: self.run.number,
            limit: self.plan.policy.maximumRejects
        )
        try await self.end(conclusion.summary)
        guard self.ended != nil else { return }
        try await self.record(reading.status)
        self.lastFigures = .recorded
    }
}
