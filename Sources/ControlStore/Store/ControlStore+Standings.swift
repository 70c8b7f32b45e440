import FoundationEssentials
import Postgres
package import Scheduling

extension ControlStore {
    /// Everything that a run has switched off or dropped, back or not; without a run, that of every run that has something
    /// off now.
    package func suspendedStandings(of run: RunID? = nil) throws(ControlStoreError) -> [SuspendedStanding] {
        let all =
            try self.query(
                "read what is off for a load",
                """
                SELECT \(SuspendedRecord.columns), run.number, extract(epoch FROM object.suspended_at) AS suspended_at,
                       extract(epoch FROM object.restored_at) AS restored_at, \(Self.isOff) AS is_off,
                       coalesce(present.is_gone, false) AS is_gone, \(Self.hindrance) AS hindrance, object.given_up,
                       (SELECT task.worker FROM godwit.shards AS task
                         WHERE task.object_id = object.id AND task.state = 'leased' LIMIT 1) AS worker
                  FROM godwit.suspended_objects AS object JOIN godwit.migration_runs AS run ON run.id = object.run_id
                  \(Self.presence)
                 WHERE $1::uuid IS NULL OR run.id = $1::uuid
                 ORDER BY run.number, object.id
                """,
                [.text(run?.description)]
            )
            .rows.map { SuspendedStanding($0) }
        guard run == nil else { return all }
        let open = Set(all.filter(\.isOpen).map(\.object.run))
        return all.filter { open.contains($0.object.run) }
    }

    /// Everything of a run that is not back yet, whatever became of it.
    package func openObjects(of run: RunID) throws(ControlStoreError) -> [SuspendedRecord] {
        try self.suspendedStandings(of: run).filter(\.isOpen).map(\.object)
    }

    /// Indexes and constraints of a run that are not back yet: what one that has come to a bad end leaves to an operator or
    /// to the next run.
    package func openStructures(of run: RunID) throws(ControlStoreError) -> [SuspendedRecord] {
        try self.openObjects(of: run).filter { !$0.isTrigger }
    }

    /// Refuses to merge into tables whose indexes are off: each row would be looked for in the whole table, and nothing
    /// would keep the same row from arriving twice.
    func requireStructures(of entities: Set<EntityName>, _ run: RunRecord) throws(ControlStoreError) {
        guard !entities.isEmpty else { return }
        let off = try self.openStructures(of: run.id).filter { entities.contains($0.entity) }
        guard let first = off.first else { return }
        let names = Set(off.map(\.entity.rawValue)).sorted().joined(separator: ", ")
        throw ControlStoreError(
            .refused,
            """
            finished shards of \(names) can't be merged while indexes and constraints of \(first.table) are off for the load: \
            retry them when `godwit constraints status \(run.number)` shows that all of them are back, which \
            `godwit constraints restore \(run.number)` sees to where no coordinator does; nothing was retried
            """
        )
    }
}

extension SuspendedStanding {
    init(_ row: Row) {
        self.object = SuspendedRecord(row)
        self.number = row.count("number")
        self.suspendedAt = row.date("suspended_at") ?? .distantPast
        self.restoredAt = row.date("restored_at")
        self.isOff = row.flag("is_off")
        self.isGone = row.flag("is_gone")
        self.hindrance = row.text("hindrance")
        self.givenUp = row.text("given_up")
        self.worker = row.optional("worker") { WorkerName(rawValue: $0) }
    }
}
