import Catalog
import ControlProtocol
import ControlStore
import Logging
import Observability
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Bytes of source rows per batch.
    ///
    /// A batch is held in memory twice (as it came, as it goes) until the server has
    /// taken it; 4 MiB keeps a 16 MiB shard at 4 savepoints, far below the 64 that PostgreSQL keeps in shared memory.
    /// Safe from 256 KiB to a quarter of the plan's memory threshold.
    static let batchBytes = 4 << 20

    /// Copies the rows of a key range, or of a list of keys, in one transaction that ends with the fence.
    func copy(_ job: ShardJob) throws(AttemptFailure) -> ShardCounters {
        var pass = try self.reading(job) { unreadable throws(AttemptFailure) in
            var pass = try CopyPass.begin(job, without: unreadable)
            pass.mergeKey = try self.findMergeKey(job)
            if job.assignment.kind == .replay { try self.takeUp(&pass) }
            try self.count(&pass)
            try self.stream(&pass)
            return pass
        }
        self.rejectUnreadable(of: &pass)
        try self.checkSum(pass)
        try self.writeRejects(of: &pass)
        if job.assignment.kind == .replay { try self.settleReplay(&pass) }
        return try self.commit(&pass)
    }

    /// What the source itself says about the range, independent of the rows that will be read.
    func count(_ pass: inout CopyPass) throws(AttemptFailure) {
        guard pass.job.assignment.kind == .copy else { return }
        let range = pass.job.assignment.range
        let statement = pass.job.entity.countStatement(
            lower: range.lower,
            upper: range.upper,
            without: pass.unreadable.map(\.key)
        )
        let result = try self.clock.time(\.read) { () throws(AttemptFailure) in
            try self.on(.source) { () throws(PostgresError) in try self.source!.query(statement) }
        }
        guard let row = result.first, let rows = row.integer(0), let filtered = row.integer(1) else {
            throw AttemptFailure(.fault, side: .source, message: "counting \(pass.job.entity.baseTable) gave no row")
        }
        pass.sourceRows = Int(rows)
        pass.filtered = Int(filtered)
    }

    func stream(_ pass: inout CopyPass) throws(AttemptFailure) {
        let statement = pass.copyOutStatement
        try self.on(.source) { () throws(PostgresError) in try self.source!.copyOut(statement) }
        self.input.removeAll()
        pass.transformer.beginStream()
        var isAtEnd = false
        while !isAtEnd {
            try self.checkCancelled()
            if try self.yieldRest(of: &pass) { return }
            let limit = pass.batchBytes
            let rowLimit = pass.job.plan.policy.batchRows ?? .max
            let before = self.input.count
            let read = try self.clock.time(\.read) { () throws(AttemptFailure) in
                try self.readBatch(until: limit, rowLimit: rowLimit)
            }
            if case .end = read { isAtEnd = true }
            if self.target?.transactionStatus == .idle { try self.beginTarget(pass.job) }
            pass.bytesRead += self.input.count - before
            try self.transform(&pass, isLast: isAtEnd)
        }
    }

    /// Turns what the input buffer holds into a batch and writes it.
    private func transform(_ pass: inout CopyPass, isLast: Bool) throws(AttemptFailure) {
        let start = ContinuousClock.now
        try self.resolveLookups(&pass)
        self.output.clear()
        self.output.beginCopy()
        let before = pass.counters
        let consumed = try self.runProgram(&pass)
        let bytes = self.input.count
        self.input.removeFirst(consumed)
        guard !isLast || (self.input.isEmpty && pass.transformer.isAtEnd) else {
            throw AttemptFailure(.fault, side: .source, message: "the source's COPY ended inside a row")
        }
        try self.write(&pass)
        if isLast { try self.mergeLate(&pass) }
        pass.batches += 1
        self.report(pass, before: before, bytes: bytes, duration: .now - start)
    }

    private func runProgram(_ pass: inout CopyPass) throws(AttemptFailure) -> Int {
        let start = ContinuousClock.now
        defer { self.clock.transform += ContinuousClock.now - start }
        do throws(RowPipelineError) {
            return try pass.transformer.transform(
                self.input.bytes,
                into: &self.output,
                rejects: &pass.rejects,
                counters: &pass.counters
            )
        } catch {
            throw AttemptFailure(error.code == .orphan ? .rows : .fault, side: .worker, message: error.message)
        }
    }

    /// Counts the batch and logs it.
    private func report(_ pass: borrowing CopyPass, before: RowCounters, bytes: Int, duration: Duration) {
        let rows = pass.counters.read - before.read
        let migrated = pass.counters.migrated - before.migrated
        let rejected = pass.counters.rejectedTotal - before.rejectedTotal
        self.progress.add(
            lease: pass.job.assignment.lease,
            read: rows,
            migrated: migrated,
            rejected: rejected,
            bytesRead: bytes,
            bytesWritten: self.output.byteCount
        )
        self.logger.debug(
            "batch done",
            metadata: .of([
                .runID: pass.job.run,
                .entity: pass.job.assignment.entity,
                .shardID: pass.job.assignment.shard,
                .attempt: pass.job.assignment.attempt,
                .batchNumber: pass.batches,
                .batchRows: rows,
                .batchMigrated: migrated,
                .batchRejected: rejected,
                .batchBytes: bytes,
                .durationMilliseconds: duration.milliseconds,
            ])
        )
    }

    private func checkSum(_ pass: borrowing CopyPass) throws(AttemptFailure) {
        if let key = pass.transformer.repeatedKey {
            throw AttemptFailure(
                .fault,
                side: .source,
                message: """
                    the query of \(pass.job.entity.name) yields the key \(key) more than once; a query: must yield each \
                    key of the base table exactly once
                    """
            )
        }
        if pass.job.assignment.kind == .replay { return try self.checkReplay(pass) }
        guard pass.job.assignment.kind == .copy else { return }
        let accounted = pass.counters.migrated + pass.counters.rejectedTotal + pass.filtered
        guard accounted == pass.sourceRows else {
            throw AttemptFailure(
                .fault,
                side: .worker,
                message: """
                    the sums do not agree: \(pass.job.entity.baseTable) has \(pass.sourceRows) rows in the range, but \
                    \(pass.counters.migrated) were migrated, \(pass.counters.rejectedTotal) rejected and \
                    \(pass.filtered) filtered; a query: must yield each key of the base table exactly once
                    """
            )
        }
    }
}
