import Catalog
import ControlProtocol
import ControlStore
import Logging
import Observability
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Reads a shard; where the source fails on its rows, finds all of them and reads again without them.
    ///
    /// The source's error names no row and ends the COPY, whatever came before it. So both sessions go back to the
    /// shard's beginning and the bad rows are looked for: by the source itself, and where it can't (no PL/pgSQL), or
    /// finds none because only sending them fails, by copying halves again and again. No attempt is used up.
    ///
    /// - Throws: The source's error where it does not come from single rows.
    func reading(
        _ job: ShardJob,
        _ body: ([UnreadableRow]) throws(AttemptFailure) -> CopyPass
    ) throws(AttemptFailure) -> CopyPass {
        var unreadable: [UnreadableRow] = []
        var searches: [Search] = [.byServer, .byHalves]
        while true {
            do throws(AttemptFailure) {
                // What was found out before the session went back is no longer true: the locks are gone.
                try self.proveSource(job)
                return try body(unreadable)
            } catch {
                guard error.isUnreadableRow, !self.control.isCancelled else { throw error }
                try self.startOver(job)
                var found: [UnreadableRow] = []
                while found.isEmpty, !searches.isEmpty {
                    found = try self.search(searches.removeFirst(), job, besides: unreadable.map(\.key))
                }
                guard !found.isEmpty, try self.mayLeaveOut(found, job) else { throw error }
                self.logger.info(
                    "rows that the source can't compute are left out",
                    metadata: .of([
                        .runID: job.run, .entity: job.assignment.entity, .shardID: job.assignment.shard,
                        .count: found.count, .sqlState: error.sqlState,
                    ])
                )
                unreadable += found
            }
        }
    }

    /// Counts the rows that were left out as rejects.
    func rejectUnreadable(of pass: inout CopyPass) {
        guard !pass.unreadable.isEmpty else { return }
        pass.rejectUnreadable()
        self.progress.addRead(lease: pass.job.assignment.lease, rows: pass.unreadable.count, bytes: 0)
        self.progress.addBatch(migrated: 0, rejected: pass.unreadable.count, bytesWritten: 0)
    }

    /// Takes both sessions back to the shard's beginning.
    private func startOver(_ job: ShardJob) throws(AttemptFailure) {
        try self.rewindSource()
        if self.target?.transactionStatus != .idle {
            try self.on(.target) { () throws(PostgresError) in try self.target!.execute("ROLLBACK") }
        }
        self.progress.startOver(lease: job.assignment.lease)
    }

    /// Takes the source back to the shard's savepoint, which keeps the snapshot.
    func rewindSource() throws(AttemptFailure) {
        try self.on(.source) { () throws(PostgresError) in try self.source!.execute("ROLLBACK TO SAVEPOINT shard") }
    }

    private func search(
        _ search: Search,
        _ job: ShardJob,
        besides known: [Int64]
    ) throws(AttemptFailure) -> [UnreadableRow] {
        switch search {
        case .byServer: try self.searchByServer(job)
        case .byHalves: try self.searchByHalves(job, besides: known)
        }
    }

    /// Whether a shard may end without these rows.
    ///
    /// A fill pass may not leave out rows that are in the target: their references would stay NULL, and nobody would know.
    private func mayLeaveOut(_ rows: [UnreadableRow], _ job: ShardJob) throws(AttemptFailure) -> Bool {
        guard job.assignment.kind == .fill else { return true }
        let statement = RejectStatement.open(rows.map(\.key), of: job.assignment.entity, in: job.run)
        let rejected = try self.on(.target) { () throws(PostgresError) in
            RejectStatement.count(try self.target!.query(statement.sql, statement.parameters))
        }
        return rejected == rows.count
    }

    private enum Search {
        case byServer
        case byHalves
    }
}

extension ShardSlot {
    /// One `DO` block in the source.
    ///
    /// - Returns: What it found; nothing where the source can't run it.
    private func searchByServer(_ job: ShardJob) throws(AttemptFailure) -> [UnreadableRow] {
        let keys: UnreadableRowSearch.Keys =
            switch job.part {
            case .range(let range): .range(lower: range.lower, upper: range.upper)
            case .keys(let keys): .list(keys)
            }
        let search = UnreadableRowSearch(
            job.entity,
            reading: job.select,
            keys: keys,
            keepsMessages: !job.hasPersonalColumns
        )
        var rows: [UnreadableRow] = []
        do throws(PostgresError) {
            try self.source!.execute(search.statement)
            rows = try self.source!.query(UnreadableRowSearch.found).rows
                .compactMap { row in
                    guard let key = row.integer(0), let state = row.text(1) else { return nil }
                    return UnreadableRow(key: key, sqlState: state, message: row.text(2) ?? "")
                }
        } catch {
            let failure = self.failure(error, side: .source)
            guard [.rows, .schema, .fault].contains(failure.failure) else { throw failure }
            self.logger.debug(
                "the source can't look for bad rows by itself",
                metadata: .of([.entity: job.assignment.entity, .error: failure.message, .sqlState: failure.sqlState])
            )
        }
        try self.rewindSource()
        return rows
    }

    /// Copies halves of the shard, and halves of those that fail, down to single keys.
    private func searchByHalves(_ job: ShardJob, besides known: [Int64]) throws(AttemptFailure) -> [UnreadableRow] {
        var rows: [UnreadableRow] = []
        var parts = [job.part]
        while let part = parts.popLast() {
            try self.checkCancelled()
            guard let error = try self.failure(reading: part, job, besides: known) else { continue }
            switch try self.halves(of: part, job) {
            case .two(let first, let second):
                parts += [second, first]
            case .one(let key):
                let message = job.hasPersonalColumns ? "" : error.serverMessage ?? ""
                rows.append(UnreadableRow(key: key, sqlState: error.sqlState?.rawValue ?? "XX000", message: message))
            case .none:
                // Not even without a row does it go well.
                return []
            }
        }
        return rows
    }

    /// Reads a part and forgets it.
    ///
    /// - Returns: The source's error where it comes from a row.
    private func failure(
        reading part: ShardJob.Part,
        _ job: ShardJob,
        besides known: [Int64]
    ) throws(AttemptFailure) -> PostgresError? {
        let statement = job.copyOutStatement(of: part, without: known)
        do throws(PostgresError) {
            try self.source!.copyOut(statement)
            var isAtEnd = false
            while !isAtEnd {
                guard !self.control.isCancelled else { break }
                self.input.removeAll()
                if case .end = try self.source!.readCopy(into: &self.input, until: Self.pieceBytes) { isAtEnd = true }
            }
            return nil
        } catch {
            let failure = self.failure(error, side: .source)
            guard failure.isUnreadableRow else { throw failure }
            try self.rewindSource()
            return error
        }
    }

    private func halves(of part: ShardJob.Part, _ job: ShardJob) throws(AttemptFailure) -> Halves {
        switch part {
        case .keys(let keys):
            guard keys.count > 1 else { return keys.first.map { .one($0) } ?? .none }
            return .two(.keys(Array(keys.prefix(keys.count / 2))), .keys(Array(keys.dropFirst(keys.count / 2))))
        case .range(let range):
            let statement = job.entity.medianStatement(lower: range.lower, upper: range.upper)
            let result = try self.on(.source) { () throws(PostgresError) in try self.source!.query(statement) }
            guard let row = result.first, let count = row.integer(0), let key = row.integer(1) else { return .none }
            guard count > 1, let halves = range.halves(at: key) else { return .one(key) }
            return .two(.range(halves.first), .range(halves.second))
        }
    }

    private enum Halves {
        case none
        case one(Int64)
        case two(ShardJob.Part, ShardJob.Part)
    }
}
