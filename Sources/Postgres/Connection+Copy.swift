import CLibPQ

extension Connection {
    /// The largest piece handed to libpq at once; larger ones only copy more memory (safe from 8 KB to 1 GB).
    private static let pieceSize = 256 * 1024

    /// From this size on a row stays where libpq has put it instead of being copied (safe from 64 KB on).
    private static let largeRow = 1 << 20

    /// Starts a `COPY … TO STDOUT`.
    package func copyOut(_ sql: String) throws(PostgresError) {
        try self.startCopy(sql, expecting: PGRES_COPY_OUT)
    }

    /// Has libpq read from the socket in pieces of 256 KB instead of 16 KB, for sessions that will read many rows.
    ///
    /// There is no setting for it, but a buffer that one wide row has widened stays so. It saves two thirds of the calls
    /// into the kernel (17 per 1,000 rows of 400 bytes instead of 50).
    package func widenInput() throws(PostgresError) {
        try self.query("SELECT pg_catalog.repeat('x', 200000)")
    }

    /// Appends whole rows to the buffer until it holds at least `byteLimit` bytes, `rowLimit` rows have come, or the data
    /// has ended.
    ///
    /// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY: one CopyData message holds one row.
    package func readCopy(
        into buffer: inout ByteBuffer,
        until byteLimit: Int,
        rowLimit: Int = .max
    ) throws(PostgresError) -> CopyRead {
        var rows = 0
        while buffer.count < byteLimit, rows < rowLimit {
            var row: UnsafeMutablePointer<CChar>?
            let length = PQgetCopyData(self.handle, &row, 0)
            switch length {
            case 0...:
                let isKept: Bool
                if length >= Self.largeRow, let row {
                    // PQfreemem is free() where there is a libc to share, so the row's memory can change hands.
                    isKept = buffer.append(adopting: UnsafeMutableRawPointer(row), count: Int(length))
                } else {
                    isKept = buffer.append(UnsafeRawBufferPointer(start: row, count: Int(length)))
                    PQfreemem(row)
                }
                guard isKept else { throw self.refuse(rowOf: Int(length)) }
                rows += 1
            case -1:
                return .end(rows: try self.finish("COPY TO"))
            default:
                throw self.refusedRow() ?? self.drain("COPY TO")
            }
        }
        return .more(rows: rows)
    }

    /// Starts a `COPY … FROM STDIN`, which may come after other statements in the same round trip.
    package func copyIn(_ sql: String) throws(PostgresError) {
        try self.startCopy(sql, expecting: PGRES_COPY_IN)
    }

    /// Sends bytes to the running COPY; the server may refuse them only in `endCopy()`.
    package func writeCopy(_ bytes: RawSpan) throws(PostgresError) {
        var offset = 0
        while offset < bytes.byteCount {
            let end = min(offset + Self.pieceSize, bytes.byteCount)
            let piece = bytes.extracting(offset..<end)
            // The pointer is used only inside the closure; libpq copies the bytes.
            let sent = piece.withUnsafeBytes { piece in
                PQputCopyData(
                    self.handle,
                    piece.baseAddress?.assumingMemoryBound(to: CChar.self),
                    Int32(piece.count)
                )
            }
            guard sent == 1 else { throw self.refusedPiece(of: piece.byteCount) ?? self.drain("COPY FROM") }
            offset = end
        }
    }

    /// Ends the COPY and waits for the server's verdict.
    ///
    /// - Returns: The rows in the command tag.
    @discardableResult
    package func endCopy() throws(PostgresError) -> Int {
        guard PQputCopyEnd(self.handle, nil) == 1 else { throw self.drain("COPY FROM") }
        return try self.finish("COPY FROM")
    }

    /// Ends a `COPY … FROM STDIN` so that the server refuses it, and nothing of it stays.
    package func failCopy(_ reason: String) {
        _ = PQputCopyEnd(self.handle, reason)
        self.abandonCommand()
    }

    /// Ends whatever a caller left running, such as a half-read COPY, so that the next statement starts clean.
    package func abandonCommand() {
        guard self.transactionStatus == .active else { return }
        self.canceller().cancel()
        _ = self.drain("abandoning a command")
    }

    private func startCopy(_ sql: String, expecting expected: ExecStatusType) throws(PostgresError) {
        try self.prepare(for: sql)
        let result = PQexec(self.handle, sql)
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status != expected else { return }
        if status == PGRES_FATAL_ERROR {
            throw PostgresError(result: result, handle: self.handle, attempt: self.attempt(sql), fallback: .copyFailed)
        }
        self.abandonCommand()
        throw PostgresError(code: .protocolViolation, message: "\(self.attempt(sql)): it is no COPY in this direction")
    }

    /// Takes the result after the data has ended.
    private func finish(_ command: String) throws(PostgresError) -> Int {
        guard let result = PQgetResult(self.handle) else { throw self.drain(command) }
        defer { PQclear(result) }
        let isGood = PQresultStatus(result) == PGRES_COMMAND_OK
        let rows = Int(String(cString: PQcmdTuples(result))) ?? 0
        let later = self.drain(command)
        guard isGood else {
            throw PostgresError(
                result: result,
                handle: self.handle,
                attempt: self.attempt(command),
                fallback: .copyFailed
            )
        }
        if self.isBroken { throw later }
        return rows
    }

    /// Reads everything the server still has to say, until it is ready for the next statement.
    ///
    /// - Returns: The first error found on the way, or libpq's own.
    private func drain(_ command: String) -> PostgresError {
        let attempt = self.attempt(command)
        var refused: OpaquePointer?
        // On a broken connection libpq ends the COPY by itself and answers nil in the end.
        while let result = PQgetResult(self.handle) {
            switch PQresultStatus(result) {
            case PGRES_FATAL_ERROR where refused == nil:
                refused = result
                continue
            case PGRES_COPY_OUT, PGRES_COPY_BOTH:
                self.discardCopyData()
            case PGRES_COPY_IN:
                _ = PQputCopyEnd(self.handle, "abandoned by the client")
            default:
                break
            }
            PQclear(result)
        }
        defer { PQclear(refused) }
        return PostgresError(result: refused, handle: self.handle, attempt: attempt, fallback: .copyFailed)
    }

    private func discardCopyData() {
        var row: UnsafeMutablePointer<CChar>?
        while true {
            switch PQgetCopyData(self.handle, &row, 0) {
            case 0...: PQfreemem(row)
            case -1: return
            // A row that libpq has no memory to hand out stays in its buffer, and would be met again for ever.
            default: guard !self.isBroken, self.skipRow() > 0 else { return }
            }
        }
    }
}

/// Where the system refuses memory.
extension Connection {
    /// Ends a COPY with a row that there is no memory for.
    private func refuse(rowOf bytes: Int?) -> PostgresError {
        let attempt = self.attempt("COPY TO")
        self.abandonCommand()
        return PostgresError(refusedMemory: attempt, forRowOf: bytes)
    }

    /// The error of a row that libpq had no memory for; nil where something else has ended the COPY.
    private func refusedRow() -> PostgresError? {
        let said = String(cString: PQerrorMessage(self.handle))
        guard PostgresError.isRefusedMemory(said) else { return nil }
        // Without room for the whole message libpq gives the session up; without room for a copy of it the row is there.
        return self.refuse(rowOf: self.isBroken ? PostgresError.sizeOfRefusedMessage(said) : self.skipRow())
    }

    /// The error of bytes that libpq had no memory for; nil where something else has ended the COPY.
    private func refusedPiece(of bytes: Int) -> PostgresError? {
        guard PostgresError.isRefusedMemory(String(cString: PQerrorMessage(self.handle))) else { return nil }
        let attempt = self.attempt("COPY FROM")
        self.abandonCommand()
        return PostgresError(
            code: .outOfMemory,
            message: "\(attempt): this process got no memory to send \(bytes) bytes"
        )
    }

    /// Takes the row at hand out of libpq's buffer in pieces.
    ///
    /// - Returns: Its size; 0 where there is none.
    private func skipRow() -> Int {
        var size = 0
        // The pointer is used only inside the closure.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { piece in
            var taken: Int32
            repeat {
                taken = PQgetlineAsync(self.handle, piece.baseAddress, Int32(piece.count))
                size += Int(max(0, taken))
            } while taken == Int32(piece.count)
        }
        return size
    }
}
