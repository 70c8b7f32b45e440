/// Holds the run's snapshot in a session of this process and exports it again, so that any worker alive can hand it on.
package actor SnapshotKeeper {
    private nonisolated let executor = BlockingExecutor(label: "godwit.snapshot")
    private let parameters: ConnectionParameters
    private let applicationName: String
    private var holder: SnapshotHolder?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    package init(parameters: ConnectionParameters, applicationName: String) {
        self.parameters = parameters
        self.applicationName = applicationName
    }

    /// Imports a snapshot, locks the tables it reads, and exports it anew.
    ///
    /// - Returns: The identifier this session exports.
    package func hold(importing imported: String?, locking tables: [String]) throws(PostgresError) -> HeldSnapshot {
        self.holder = nil
        let holder = try SnapshotHolder(
            self.parameters,
            importing: imported,
            locking: tables,
            applicationName: self.applicationName
        )
        let held = HeldSnapshot(
            identifier: holder.identifier,
            position: holder.position,
            horizon: holder.horizon,
            fileNodes: holder.fileNodes
        )
        self.holder = consume holder
        return held
    }

    /// Whether the session and its snapshot are still there.
    package func isAlive() -> Bool {
        do throws(PostgresError) {
            guard self.holder != nil else { return false }
            try self.holder!.checkAlive()
            return true
        } catch {
            self.holder = nil
            return false
        }
    }

    /// Statements that wait for the tables of the snapshot; none where it is not held.
    package func waits() throws(PostgresError) -> [TableWait] {
        guard self.holder != nil else { return [] }
        return try self.holder!.waits()
    }

    /// Lets go of the snapshot.
    package func release() {
        self.holder = nil
    }
}
