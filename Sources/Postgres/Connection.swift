import CLibPQ

/// One session on one server.
///
/// Every call blocks; use it on an actor with a ``BlockingExecutor``. After an error the connection is usable again
/// unless `isBroken`.
package struct Connection: ~Copyable {
    /// Owned: freed in deinit, never handed out.
    let handle: OpaquePointer
    /// Where the session is; prints without secrets.
    package let parameters: ConnectionParameters
    /// What the session is for.
    package let role: ConnectionRole

    /// Opens a session and pins its settings.
    package init(
        _ parameters: ConnectionParameters,
        role: ConnectionRole,
        applicationName: String
    ) throws(PostgresError) {
        let handle = try Self.open(parameters, role: role, applicationName: applicationName)
        let connection = Connection(handle: handle, parameters: parameters, role: role)
        try connection.pinSettings()
        self = connection
    }

    private init(handle: OpaquePointer, parameters: ConnectionParameters, role: ConnectionRole) {
        self.handle = handle
        self.parameters = parameters
        self.role = role
    }

    deinit {
        PQfinish(self.handle)
    }

    /// Where the current transaction stands.
    package var transactionStatus: TransactionStatus {
        switch PQtransactionStatus(self.handle) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_ACTIVE: .active
        case PQTRANS_INTRANS: .open
        case PQTRANS_INERROR: .failed
        default: .unknown
        }
    }

    /// Whether a transaction block is open, failed or not.
    package var isInTransaction: Bool {
        self.transactionStatus == .open || self.transactionStatus == .failed
    }

    /// The server process of this session, as the server named it at the start.
    package var backendPID: Int32 { PQbackendPID(self.handle) }

    /// The server's version, such as 150004.
    package var serverVersion: Int { Int(PQserverVersion(self.handle)) }

    /// Whether the session has ended and a new connection is needed.
    package var isBroken: Bool { PQstatus(self.handle) == CONNECTION_BAD }

    /// A handle that can cancel this session's statements from another thread.
    package func canceller() -> Canceller {
        Canceller(connection: self.handle)
    }

    /// What was attempted, on what: the beginning of an error message.
    func attempt(_ sql: String) -> String {
        let line = sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let shown = line.count > 100 ? line.prefix(100) + "…" : line[...]
        return "\(shown) failed on the \(self.role.rawValue) (\(self.parameters))"
    }
}

extension Connection {
    /// Where a transaction stands.
    package enum TransactionStatus: Sendable, Equatable {
        /// No transaction block is open.
        case idle
        /// A command is under way, such as a COPY.
        case active
        /// A transaction block is open.
        case open
        /// A transaction block is open and can only be rolled back.
        case failed
        /// The connection is broken.
        case unknown
    }
}
