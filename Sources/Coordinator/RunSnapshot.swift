import Catalog
import ControlStore
import FoundationEssentials
import Logging
import Observability
import Postgres
import Scheduling

/// The coordinator's hold on the run's snapshot: taken once, handed on by whoever still has it, renewed only when all
/// holders are gone.
actor RunSnapshot {
    private let keeper: SnapshotKeeper
    private let store: ControlStore
    private let run: RunID
    private var tables: [String]
    private let logger: Logger
    /// The identifier under which this process exports it.
    private var identifier: String?
    /// Its number in the run; 0 before the first.
    private var number: Int

    init(source: ConnectionParameters, store: ControlStore, run: RunRecord, plan: ResolvedPlan, logger: Logger) {
        self.keeper = SnapshotKeeper(parameters: source, applicationName: "godwit snapshot")
        self.store = store
        self.run = run.id
        self.number = run.snapshot?.number ?? 0
        self.tables = Set(plan.entities.flatMap(\.sourceTables)).sorted()
        self.logger = logger
    }

    /// Holds the run's snapshot: from any worker that has it, or a new one.
    ///
    /// - Parameter wanted: The number of the oldest snapshot that will do; an older one is let go of.
    /// - Returns: What this process exports.
    /// - Throws: `PostgresError` where the source can't be used now, `ControlStoreError`.
    @discardableResult
    func hold(atLeast wanted: Int = 0) async throws -> Held {
        let isOldEnough = self.number >= wanted
        if isOldEnough, let identifier = self.identifier, await self.keeper.isAlive() {
            return Held(identifier: identifier, number: self.number)
        }
        self.identifier = nil
        if isOldEnough, let held = try await self.importFromWorkers() {
            self.identifier = held.identifier
            self.logger.notice("took the run's snapshot over from a worker", metadata: .of([.runID: self.run]))
            return Held(identifier: held.identifier, number: self.number)
        }
        let held = try await self.keeper.hold(importing: nil, locking: self.tables)
        let number = try await self.store.recordSnapshot(
            self.run,
            id: held.identifier,
            lsn: held.position,
            xmin: UInt64(held.horizon),
            tables: held.fileNodes.compactMap { name, node in node.map { SnapshotTable(name: name, filenode: $0) } }
        )
        self.identifier = held.identifier
        self.number = number
        self.logger.notice(
            "took a snapshot of the source",
            metadata: .of([.runID: self.run, .snapshotID: number])
        )
        if number > 1, isOldEnough { try await self.confessNewSnapshot(number) }
        return Held(identifier: held.identifier, number: number)
    }

    /// Statements that wait for the run's tables, and hold up who reads them anew.
    func waits() async throws(PostgresError) -> [TableWait] {
        try await self.keeper.waits()
    }

    /// The plan was corrected: it may read other tables.
    func follow(_ plan: ResolvedPlan) {
        self.tables = Set(plan.entities.flatMap(\.sourceTables)).sorted()
    }

    /// A source that can't be reached says nothing about who holds the snapshot: only where it is gone is the next asked.
    private func importFromWorkers() async throws -> HeldSnapshot? {
        let workers = try await self.store.workers(of: self.run).filter { $0.snapshot != nil }
        // The living are among those heard of last; the dead may be many.
        for worker in workers.sorted(by: { ($0.lastSeen ?? .distantPast) > ($1.lastSeen ?? .distantPast) }) {
            do throws(PostgresError) {
                return try await self.keeper.hold(importing: worker.snapshot, locking: self.tables)
            } catch {
                guard error.isSnapshotGone else { throw error }
            }
        }
        return nil
    }

    /// Says what a second snapshot means, where it means anything.
    private func confessNewSnapshot(_ number: Int) async throws {
        guard try await self.store.run(matching: .id(self.run)).isMixed else { return }
        guard try await !self.store.hasEnded(self.run, since: number - 1) else {
            // Nothing was lost: the run had come to its end, and was given more to do.
            let message = "what was given to the run since its end is read under snapshot \(number)"
            self.logger.notice("took a new snapshot", metadata: .of([.runID: self.run, .snapshotID: number]))
            let event = NewEvent(.info, message, data: ["snapshot": String(number)])
            return try await self.store.record([event], of: self.run)
        }
        self.logger.error(
            "every holder of the run's snapshot is gone: the rest is read under a new one, so the run is mixed",
            metadata: .of([.runID: self.run, .snapshotID: number])
        )
        try await self.store.record(
            [
                NewEvent(
                    .error,
                    .snapshotLost,
                    """
                    every holder of the source's snapshot is gone (the source was restarted, or all processes ended): \
                    the shards from here on are read under snapshot \(number), so the run is mixed and will end with \
                    status 2. \(RunConclusion.mixedAdvice())
                    """,
                    data: ["snapshot": String(number)]
                )
            ],
            of: self.run
        )
    }

    func release() async {
        await self.keeper.release()
        self.identifier = nil
    }
}

extension RunSnapshot {
    /// A snapshot that this process exports.
    struct Held: Sendable, Equatable {
        var identifier: String
        /// Counts the run's snapshots.
        var number: Int
    }
}
