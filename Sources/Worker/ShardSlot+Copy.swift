import Catalog
import ControlProtocol
import ControlStore
import Logging
import Observability
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Bytes of source rows that are read and transformed at once.
    ///
    /// So much stays in a processor's second cache on its way through; safe from 16 KiB to 1 MiB.
    static let pieceBytes = 128 << 10

    /// A piece of so many bytes costs the source's session: the next shard begins with another (safe from 8 MiB on).
    private static let wideInput = 16 << 20

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
        var goesOn = true
        while goesOn {
            try self.checkCancelled()
            if try self.yieldRest(of: &pass) { return }
            goesOn = try self.copyBatch(&pass)
        }
        try self.mergeLate(&pass)
    }

    /// Copies one batch: reads and transforms it in pieces, and writes it as a whole.
    ///
    /// The source goes on sending while the target is written to; what it sends waits in the sockets' buffers. Sending each
    /// piece on at once was tried and brought nothing (docs/performance.md), unless the run is throttled.
    ///
    /// - Returns: Whether another one may follow.
    private func copyBatch(_ pass: inout CopyPass) throws(AttemptFailure) -> Bool {
        let start = ContinuousClock.now
        let before = pass.counters
        let bytesBefore = pass.bytesRead
        self.sentBytes = nil
        let refusedBefore = pass.refused
        let limit = self.sizing.bytes
        let lastRow = before.read + (pass.job.plan.policy.batchRows ?? Int.max / 2)
        self.beginOutput(limit)
        var isAtEnd = false
        var used = 0
        repeat {
            try self.checkCancelled()
            self.forgetInput(used)
            let counted = (rows: pass.counters.read, bytes: pass.bytesRead)
            isAtEnd = try self.readPiece(&pass, of: limit, rows: lastRow - pass.counters.read)
            if self.target?.transactionStatus == .idle { try self.beginTarget(pass.job) }
            try self.resolveLookups(&pass)
            used = try self.runProgram(&pass)
            guard !isAtEnd || (self.input.count == used && pass.transformer.isAtEnd) else {
                throw AttemptFailure(.fault, side: .source, message: "the source's COPY ended inside a row")
            }
            self.progress.addRead(
                lease: pass.job.assignment.lease,
                rows: pass.counters.read - counted.rows,
                bytes: pass.bytesRead - counted.bytes
            )
            try self.sendAhead(pass)
        } while !isAtEnd && !self.output.refersToInput && self.output.byteCount < limit
            && pass.counters.read < lastRow && .now - start < Self.longestBatch
            && (pass.hasReadAll || self.pacer.wait < YieldPolicy.patience)
        try self.write(&pass)
        self.forgetInput(used)
        pass.batches += 1
        self.resize(after: pass.refused - refusedBefore, of: pass.job)
        self.report(pass, before: before, bytes: pass.bytesRead - bytesBefore, duration: .now - start)
        return !isAtEnd
    }

    /// The size of the batches that follow one with so many refusals.
    private func resize(after refused: Int, of job: ShardJob) {
        let change = self.sizing.wrote(refused: refused, resident: ResidentMemory.now())
        self.progress.noteBatchSize(self.sizing.bytes, slot: self.number)
        guard case .shrunk(let cause) = change else { return }
        self.logger.debug(
            "smaller batches",
            metadata: .of([
                .entity: job.assignment.entity, .shardID: job.assignment.shard, .batchLimit: self.sizing.bytes,
                .reason: cause.rawValue,
            ])
        )
    }

    /// An empty output buffer with room for a batch and the piece that goes beyond its limit.
    private func beginOutput(_ limit: Int) {
        let room = limit + 2 * Self.pieceBytes
        self.output.clear()
        self.output.shrink(to: 2 * room)
        self.output.reserve(room)
        self.output.beginCopy()
    }

    /// Reads what the transformer gets at once.
    ///
    /// - Returns: Whether the source has sent everything.
    private func readPiece(_ pass: inout CopyPass, of batch: Int, rows: Int) throws(AttemptFailure) -> Bool {
        // Ids are looked up once per piece.
        let limit = pass.transformer.needsLookups ? batch : min(batch, Self.pieceBytes)
        let before = self.input.count
        let hasReadAll = pass.hasReadAll
        let read = try self.clock.time(\.read) { () throws(AttemptFailure) in
            try self.readPaced(until: limit, rowLimit: rows, waits: !hasReadAll)
        }
        pass.bytesRead += self.input.count - before
        self.noteWideInput(self.input.count - before)
        if case .end = read { return true }
        return false
    }

    /// Notes that the source has sent so much at once.
    func noteWideInput(_ bytes: Int) {
        if bytes > Self.wideInput { self.isSourceWide = true }
    }

    /// Forgets input that has been transformed and is not needed any more, and the memory that a wide row has taken.
    func forgetInput(_ used: Int) {
        self.input.removeFirst(used)
        guard self.input.isEmpty, self.input.capacity > 4 * Self.pieceBytes else { return }
        self.input.removeAll(keepingCapacity: false)
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
            let advice = error.code == .outOfMemory ? ". " + self.memoryAdvice : ""
            throw AttemptFailure(error.code == .orphan ? .rows : .fault, side: .worker, message: error.message + advice)
        }
    }

    /// Counts the batch and logs it.
    private func report(_ pass: borrowing CopyPass, before: RowCounters, bytes: Int, duration: Duration) {
        let rows = pass.counters.read - before.read
        let migrated = pass.counters.migrated - before.migrated
        let rejected = pass.counters.rejectedTotal - before.rejectedTotal
        self.progress.addBatch(migrated: migrated, rejected: rejected, bytesWritten: self.output.byteCount)
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
