import ControlProtocol
import ControlStore
import Logging
import Observability
import Postgres
import Scheduling

/// Statements on the source that wait for the run, and hold up its readers.
extension RunLeader {
    /// Keeps who waits for the display, and records it once for each table.
    func note(_ waits: [TableWait]) async throws {
        let known = Set(self.waits.map(\.table))
        self.waits = waits
        guard self.targetOutage == nil, self.ended == nil else { return }
        for wait in waits where !known.contains(wait.table) {
            let data = ["blocked_table": wait.table]
            // Also under an earlier coordinator.
            guard try await !self.store.hasEvent(with: data, of: self.run.id) else { continue }
            self.logger.warning("a statement waits for a table of the run", metadata: .of([.reason: wait.text]))
            let text = """
                \(wait.text); shards of that table wait behind it. It gets the table when the run is over: let it wait, \
                or on the source: SELECT pg_cancel_backend(\(wait.pid))
                """
            try await self.store.record([NewEvent(.warning, .sourceBlocked, text, data: data)], of: self.run.id)
        }
    }
}

extension Failed {
    /// Whether a table of the source could not be read because of somebody's lock.
    var isLockedOut: Bool { self.side == .source && self.sqlState == SQLState.lockNotAvailable.rawValue }
}

extension TableWait {
    /// Who waits for what, as people read it.
    package var text: String {
        let name = self.application.isEmpty ? "" : " (\(self.application))"
        let statement = self.statement.map { ": \($0)" } ?? ""
        return "session \(self.pid)\(name) of the source waits to have \(self.table) for itself\(statement)"
    }
}
