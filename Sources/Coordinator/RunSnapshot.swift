import Catalog
import ControlStore
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
    private let tables: [String]
    private let logger: Logger
    /// The identifier under which this process exports it.
    private(set) var identifier: String?

    init(source: ConnectionParameters, store: ControlStore, run: RunID, plan: ResolvedPlan, logger: Logger) {
        self.keeper = SnapshotKeeper(parameters: source, applicationName: "godwit snapshot")
        self.store = store
        self.run = run
        self.tables = Set(plan.entities.flatMap(\.sourceTables)).sorted()
        self.logger = logger
    }

    /// Holds the run's snapshot: from any worker that has it, or a new one.
    ///
    /// - Throws: `PostgresError` where the source can't be used, `ControlStoreError`.
    func hold() async throws {
        if await self.keeper.isAlive() { return }
        self.identifier = nil
        for offered in try await self.store.workers(of: self.run).compactMap(\.snapshot) {
            guard let held = try? await self.keeper.hold(importing: offered, locking: self.tables) else {
                // Gone with its worker; the next one may live.
                continue
            }
            self.identifier = held.identifier
            self.logger.notice("took the run's snapshot over from a worker", metadata: .of([.runID: self.run]))
            return
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
        self.logger.notice(
            "took a snapshot of the source",
            metadata: .of([.runID: self.run, .snapshotID: number])
        )
    }

    func release() async {
        await self.keeper.release()
        self.identifier = nil
    }
}
