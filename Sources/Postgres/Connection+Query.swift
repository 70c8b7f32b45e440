import CLibPQ
import Glibc

extension Connection {
    /// Runs one or several statements without parameters.
    ///
    /// - Returns: The last command tag, such as `UPDATE 1`.
    @discardableResult
    package func execute(_ sql: String) throws(PostgresError) -> String {
        try self.prepare(for: sql)
        let result = PQexec(self.handle, sql)
        defer { PQclear(result) }
        try self.check(result, sql)
        return String(cString: PQcmdStatus(result))
    }

    /// Runs one statement with parameters and takes its rows.
    @discardableResult
    package func query(_ sql: String, _ parameters: [QueryParameter] = []) throws(PostgresError) -> QueryResult {
        try self.prepare(for: sql)
        let result = try self.send(sql, parameters)
        defer { PQclear(result) }
        try self.check(result, sql)
        // check() threw if there was no result.
        return QueryResult(result: result!)
    }

    /// Commits, and makes sure of it: committing a failed transaction "succeeds" with the tag `ROLLBACK`.
    ///
    /// - Throws: `transactionAborted` where nothing was committed; `connectionLost` where the outcome is unknown.
    package func commit() throws(PostgresError) {
        let tag = try self.execute("COMMIT")
        guard tag == "COMMIT" else {
            throw PostgresError(
                code: .transactionAborted,
                message: "\(self.attempt("COMMIT")): an earlier statement had failed, everything was rolled back"
            )
        }
    }

    /// Makes sure that the session is free, and that libpq sees the whole statement.
    func prepare(for sql: String) throws(PostgresError) {
        guard !sql.utf8.contains(0) else {
            throw PostgresError(code: .invalidParameters, message: "\(self.attempt(sql)): it contains a NUL character")
        }
        self.abandonCommand()
    }

    private func send(_ sql: String, _ parameters: [QueryParameter]) throws(PostgresError) -> OpaquePointer? {
        let byteaType: Oid = 17
        var types: [Oid] = []
        var lengths: [Int32] = []
        var formats: [Int32] = []
        var values: [UnsafeMutablePointer<CChar>?] = []
        defer { for value in values { free(value) } }
        for parameter in parameters {
            switch parameter {
            case .null:
                types.append(0)
                lengths.append(0)
                formats.append(0)
                values.append(nil)
            case .text(let text):
                guard !text.utf8.contains(0) else {
                    throw PostgresError(
                        code: .invalidParameters,
                        message: "\(self.attempt(sql)): parameter \(values.count + 1) contains a NUL character"
                    )
                }
                types.append(0)
                lengths.append(0)
                formats.append(0)
                // A null pointer would mean NULL.
                guard let copy = strdup(text) else { throw self.refuse(parameterOf: text.utf8.count, sql) }
                values.append(copy)
            case .bytes(let bytes):
                types.append(byteaType)
                lengths.append(Int32(bytes.count))
                formats.append(1)
                // One more, because a null pointer would mean NULL.
                guard let copy = malloc(bytes.count + 1) else { throw self.refuse(parameterOf: bytes.count, sql) }
                bytes.withUnsafeBytes { if let start = $0.baseAddress { memcpy(copy, start, $0.count) } }
                values.append(copy.assumingMemoryBound(to: CChar.self))
            }
        }
        let pointers = values.map { UnsafePointer($0) }
        return PQexecParams(self.handle, sql, Int32(values.count), types, pointers, lengths, formats, 0)
    }

    private func refuse(parameterOf bytes: Int, _ sql: String) -> PostgresError {
        PostgresError(
            code: .outOfMemory,
            message: "\(self.attempt(sql)): this process got no memory for a parameter of \(bytes) bytes"
        )
    }

    /// Throws unless the statement succeeded and is over.
    private func check(_ result: OpaquePointer?, _ sql: String) throws(PostgresError) {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            return
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            self.abandonCommand()
            throw PostgresError(
                code: .protocolViolation,
                message: "\(self.attempt(sql)): a COPY must be started with copyIn or copyOut"
            )
        default:
            throw PostgresError(
                result: result,
                handle: self.handle,
                attempt: self.attempt(sql),
                fallback: .protocolViolation
            )
        }
    }
}
