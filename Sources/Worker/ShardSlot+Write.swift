import Catalog
import ControlProtocol
import ControlStore
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Writes the output buffer under a savepoint; rows the target refuses become rejects and the others stay.
    func write(_ pass: inout CopyPass) throws(AttemptFailure) {
        guard self.output.rowCount > 0 else { return }
        let clock = ContinuousClock.now
        defer { self.clock.write += ContinuousClock.now - clock }
        self.output.endCopy()
        if pass.job.assignment.kind == .fill {
            pass.stagedKeys += (0..<self.output.rowCount).map { self.output.key(ofRow: $0) }
        }
        if let key = pass.mergeKey { return try self.writeMerged(&pass, by: key) }
        guard let refusal = try self.send(pass) else { return }
        if let row = Self.refusedRow(refusal, of: pass.job.entity.targetTable, rows: self.output.rowCount) {
            self.refuse(row: row, error: refusal, in: &pass)
            if self.output.rowCount == 0 { return }
            guard try self.send(pass) != nil else { return }
        }
        // More than one row is bad, or the server does not say which: resending once per bad row would be quadratic.
        try self.writeRowByRow(&pass)
    }

    /// Sends what a throttled slot has transformed so far, so that it writes as evenly as it reads: held back until the batch
    /// is full, the rows of seconds would go to the target at once, and whoever commits there would wait for their WAL.
    ///
    /// The batch stays one COPY under one savepoint, and in the output, to be sent again where a row is refused.
    func sendAhead(_ pass: borrowing CopyPass) throws(AttemptFailure) {
        // What a merge stages, or looks up in the target, needs the session between two pieces.
        guard self.pacer.isBounded, pass.mergeKey == nil, !pass.transformer.needsLookups, self.output.rowCount > 0
        else { return }
        let start = ContinuousClock.now
        defer { self.clock.write += ContinuousClock.now - start }
        let statement = pass.copyInStatement
        try self.on(.target) { () throws(PostgresError) in
            if self.sentBytes == nil {
                try self.target!.copyIn(Self.underSavepoint(statement))
                self.sentBytes = 0
            }
            try self.sendOutput()
        }
    }

    /// One COPY of the whole buffer, or the rest of the one that has been begun.
    ///
    /// - Returns: The target's refusal of a row, after which nothing of the batch is there; nil when all rows are.
    private func send(_ pass: borrowing CopyPass) throws(AttemptFailure) -> PostgresError? {
        let statement = pass.copyInStatement
        defer { self.sentBytes = nil }
        let refusal = try self.settle("batch") { () throws(PostgresError) in
            if self.sentBytes == nil { try self.target!.copyIn(Self.underSavepoint(statement)) }
            try self.sendOutput()
            let rows = try self.target!.endCopy()
            guard rows == self.output.rowCount else {
                // A BEFORE trigger that returns NULL; one by one the rows say which of them it left out.
                throw PostgresError(
                    code: .copyFailed,
                    message: "COPY took \(rows) rows of \(self.output.rowCount) that were sent to the target",
                    sqlState: .noData
                )
            }
        }
        return refusal
    }

    /// Sends the rows to the running COPY, those bytes too that are still in the input, and none that it has already.
    func sendOutput() throws(PostgresError) {
        let sent = self.sentBytes ?? 0
        var position = 0
        try self.output.forEachPiece(of: self.input.bytes) { (piece) throws(PostgresError) in
            let known = min(max(0, sent - position), piece.byteCount)
            position += piece.byteCount
            guard known < piece.byteCount else { return }
            try self.target!.writeCopy(piece.extracting(known..<piece.byteCount))
        }
        if self.sentBytes != nil { self.sentBytes = position }
    }

    /// One round trip for both.
    private static func underSavepoint(_ copy: String) -> String { "SAVEPOINT batch; \(copy)" }

    /// Runs statements under a savepoint.
    ///
    /// - Returns: A refusal of the rows' own, rolled back; nil on success.
    /// - Throws: Any other error.
    func attempt(
        _ savepoint: String,
        _ body: () throws(PostgresError) -> Void
    ) throws(AttemptFailure) -> PostgresError? {
        try self.on(.target) { () throws(PostgresError) in try self.target!.execute("SAVEPOINT \(savepoint)") }
        return try self.settle(savepoint, body)
    }

    /// Runs statements under a savepoint that is there, or that they make.
    private func settle(
        _ savepoint: String,
        _ body: () throws(PostgresError) -> Void
    ) throws(AttemptFailure) -> PostgresError? {
        do throws(PostgresError) {
            try body()
            try self.target!.execute("RELEASE SAVEPOINT \(savepoint)")
            return nil
        } catch {
            guard AttemptFailure.isRowRefusal(error), !self.control.isCancelled else {
                throw self.failure(error, side: .target)
            }
            try self.on(.target) { () throws(PostgresError) in
                try self.target!.execute("ROLLBACK TO SAVEPOINT \(savepoint); RELEASE SAVEPOINT \(savepoint)")
            }
            return error
        }
    }

    /// Takes one row out of the buffer and makes it a reject.
    func refuse(row: Int, error: PostgresError, in pass: inout CopyPass) {
        let key = self.output.key(ofRow: row)
        pass.refuse(key: key, error: error)
        self.output.removeRow(row)
    }

    /// The row a refusal names, counted from 0: the last line of its CONTEXT when that begins with our table.
    ///
    /// The server's words may be translated and other functions add lines of their own, so anything unexpected is nil.
    static func refusedRow(_ error: PostgresError, of table: String, rows: Int) -> Int? {
        guard let last = error.context?.split(separator: "\n").last, last.hasPrefix("COPY ") else { return nil }
        let words = last.dropFirst(5).split(separator: ",", maxSplits: 1)
        guard words.count == 2, let name = words.first else { return nil }
        guard table == name || table.hasSuffix(".\(name)") || table.hasSuffix(".\(quoteIdentifier(String(name)))")
        else { return nil }
        let digits = words[1].drop { !$0.isNumber }.prefix { $0.isNumber }
        guard let line = Int(digits), (1...rows).contains(line) else { return nil }
        return line - 1
    }
}
