import Postgres
package import Scheduling

/// Workers that are to leave: the request is a row, so that it reaches them with or without a coordinator.
extension ControlStore {
    /// Asks workers to leave within a time, all of those named or none.
    ///
    /// - Returns: The workers that were asked.
    /// - Throws: `notFound` for a worker the run never had, `refused` for one that has left.
    package func drain(
        _ selection: DrainSelection,
        of run: RunID,
        within deadline: Duration,
        by caller: Caller? = nil
    ) throws(ControlStoreError) -> [WorkerRecord] {
        try self.transaction("drain workers of run \(run)") { () throws(ControlStoreError) in
            let chosen = try self.choose(selection, from: try self.workers(of: run))
            try self.query(
                "ask \(chosen.count) workers to leave",
                """
                UPDATE godwit.workers SET drain_asked_at = clock_timestamp(), drain_seconds = $2::double precision
                 WHERE incarnation = ANY ($1::uuid[])
                """,
                [.texts(chosen.map(\.incarnation.description)), .seconds(deadline)]
            )
            let data = ["deadline_seconds": String(deadline / .seconds(1))]
            try self.record(
                chosen.map { NewEvent(.info, "asked to leave by an operator", worker: $0.name, data: data) },
                of: run,
                by: caller
            )
            return chosen
        }
    }

    /// Workers of a run that were asked to leave and are still there, for the coordinator.
    package func drainRequests(of run: RunID) throws(ControlStoreError) -> [DrainRequest] {
        try self.drainRequests("worker.run_id = $1::uuid AND worker.drain_asked_at IS NOT NULL", .run(run))
    }

    /// Whether a worker was asked to leave, for itself; nil when it was not.
    ///
    /// The end of its run is such a request too: the coordinator that ended it may have died before it said so.
    package func drainRequest(of incarnation: Incarnation) throws(ControlStoreError) -> DrainRequest? {
        try self.drainRequests(
            """
            worker.incarnation = $1::uuid
            AND (worker.drain_asked_at IS NOT NULL OR run.status IN ('completed', 'failed', 'cancelled'))
            """,
            .text(incarnation.description)
        )
        .first
    }

    /// A worker is about to end: gives back what it may still hold and notes that it is gone.
    ///
    /// For the case that nobody hears its BYE; doing it twice changes nothing.
    package func leave(_ incarnation: Incarnation, giving leases: [LeaseID]) throws(ControlStoreError) {
        try self.release(leases)
        try self.query(
            "note that worker \(incarnation) is gone",
            """
            UPDATE godwit.workers SET left_at = clock_timestamp() WHERE incarnation = $1::uuid AND left_at IS NULL
            """,
            [.text(incarnation.description)]
        )
    }

    private func drainRequests(
        _ condition: String,
        _ parameter: QueryParameter
    ) throws(ControlStoreError) -> [DrainRequest] {
        try self.query(
            "look for workers that are to leave",
            """
            SELECT worker.incarnation,
                   coalesce(
                       greatest(0, drain_seconds - extract(epoch FROM clock_timestamp() - drain_asked_at)), 0
                   ) AS remaining
              FROM godwit.workers AS worker JOIN godwit.migration_runs AS run ON run.id = worker.run_id
             WHERE \(condition) AND worker.left_at IS NULL AND worker.state <> ALL ($2::text[])
             ORDER BY worker.incarnation
            """,
            [parameter, .texts(WorkerRecord.departed)]
        )
        .rows
        .map {
            DrainRequest(
                incarnation: $0.value("incarnation") { Incarnation($0) },
                remaining: .seconds($0.double("remaining") ?? 0)
            )
        }
    }

    private func choose(
        _ selection: DrainSelection,
        from workers: [WorkerRecord]
    ) throws(ControlStoreError) -> [WorkerRecord] {
        let present = workers.filter { !$0.hasLeft }
        switch selection {
        case .all:
            return present
        case .host(let host):
            guard workers.contains(where: { $0.host == host }) else {
                let hosts = Set(workers.map(\.host)).sorted()
                throw Self.unknown("worker on host \(host)", "hosts", hosts, left: [])
            }
            return present.filter { $0.host == host }
        case .named(let names):
            for name in names where !present.contains(where: { $0.name == name }) {
                guard workers.contains(where: { $0.name == name }) else {
                    let known = present.map(\.name.rawValue)
                    let left = Set(workers.map(\.name.rawValue)).subtracting(known).sorted()
                    throw Self.unknown("worker \(name)", "workers", known, left: left)
                }
                throw ControlStoreError(.refused, "worker \(name) has left already; nobody was asked to leave")
            }
            return present.filter { names.contains($0.name) }
        }
    }

    private static func unknown(
        _ what: String,
        _ kind: String,
        _ known: [String],
        left: [String]
    ) -> ControlStoreError {
        func list(_ names: [String]) -> String {
            names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " …" : "")
        }
        let there = known.isEmpty ? "no \(kind) are there" : "there are \(list(known))"
        let gone = left.isEmpty ? "" : "; these have left: \(list(left))"
        return ControlStoreError(.notFound, "the run has no \(what); \(there)\(gone)")
    }
}
