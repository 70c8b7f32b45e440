/// What went wrong with a connection or a statement.
package struct PostgresError: Error, Sendable, Equatable {
    /// The kind of failure, for decisions.
    package enum Code: Sendable, Equatable {
        /// No session could be opened.
        case connectionFailed
        /// The session ended under a statement; the outcome of a COMMIT is unknown.
        case connectionLost
        /// The server refused a statement; `sqlState` says why.
        case serverRefused
        /// A COPY failed without the server naming a reason.
        case copyFailed
        /// The server answered with something the call did not ask for.
        case protocolViolation
        /// The statement was cancelled (SQLSTATE 57014).
        case cancelled
        /// The transaction had failed before: nothing of it is in the database.
        case transactionAborted
        /// This process got no memory for what it was to read or send; the session may be gone.
        case outOfMemory
        /// The connection string, the environment or a parameter can't be used.
        case invalidParameters
    }

    package var code: Code
    /// What was attempted, on what, and what the server said; never a connection string.
    package var message: String
    package var sqlState: SQLState?
    /// The server's primary message alone; may quote values of the row.
    package var serverMessage: String?
    /// The server's DETAIL; may quote values of the row.
    package var detail: String?
    package var hint: String?
    /// The server's CONTEXT; may quote values of the row.
    package var context: String?
    package var schema: String?
    package var table: String?
    package var column: String?
    package var constraint: String?
    /// Of a connection that did not come about.
    package var role: ConnectionRole?

    /// Describes a failure found on this side of the connection.
    package init(code: Code, message: String, sqlState: SQLState? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.hint = hint
    }

    /// Whether the surroundings failed and the same work may succeed later.
    ///
    /// A connection the server refused is judged by its SQLSTATE (a wrong password is not transient); one that got no
    /// answer at all is transient.
    package var isTransient: Bool {
        switch self.code {
        case .connectionLost: true
        case .connectionFailed: self.sqlState?.isTransient ?? true
        case .serverRefused, .copyFailed, .protocolViolation, .cancelled, .transactionAborted, .outOfMemory,
            .invalidParameters:
            self.sqlState?.isTransient ?? false
        }
    }
}

extension PostgresError {
    /// Whether an imported snapshot is no longer there, for an error of `SET TRANSACTION SNAPSHOT`.
    ///
    /// 22023 where its file is gone, from PostgreSQL 17 on 42704; 55000 where its transaction has just ended. See
    /// https://www.postgresql.org/docs/current/errcodes-appendix.html
    package var isSnapshotGone: Bool {
        self.sqlState == "22023" || self.sqlState == "42704" || self.sqlState == "55000"
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        var text = self.message
        if let state = self.sqlState { text += " (SQLSTATE \(state))" }
        if let hint = self.hint { text += ". Hint: \(hint)" }
        return text
    }
}
