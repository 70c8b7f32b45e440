import CLibPQ

extension PostgresError {
    /// Reads the error out of a libpq result and the state of its connection.
    ///
    /// - Parameters:
    ///   - result: The refused statement's result; nil where libpq could not even make one.
    ///   - handle: The connection, after its results were drained, so that a lost connection shows.
    ///   - attempt: What was attempted, on what.
    ///   - fallback: The code for a failure with neither a SQLSTATE nor a lost connection.
    init(result: OpaquePointer?, handle: OpaquePointer, attempt: String, fallback: Code) {
        let state = Self.field(godwit_diag_sqlstate, of: result).map(SQLState.init(rawValue:))
        if state == nil {
            // libpq reports a failed write without looking whether the server has gone; a read finds out.
            PQconsumeInput(handle)
        }
        let text = String(cString: result.flatMap(PQresultErrorMessage) ?? PQerrorMessage(handle))
        if state == nil, Self.isRefusedMemory(text) {
            self.init(refusedMemory: attempt, forRowOf: Self.sizeOfRefusedMessage(text))
            return
        }
        let said = Self.field(godwit_diag_message_primary, of: result) ?? Self.trimmed(text)
        let code: Code =
            if PQstatus(handle) == CONNECTION_BAD {
                .connectionLost
            } else {
                switch state {
                case "57014": .cancelled
                case "25P02": .transactionAborted
                case .some: .serverRefused
                case nil: fallback
                }
            }
        self.init(code: code, message: "\(attempt): \(said)", sqlState: state)
        self.serverMessage = said
        self.detail = Self.field(godwit_diag_message_detail, of: result)
        self.hint = Self.field(godwit_diag_message_hint, of: result)
        self.context = Self.field(godwit_diag_context, of: result)
        self.schema = Self.field(godwit_diag_schema_name, of: result)
        self.table = Self.field(godwit_diag_table_name, of: result)
        self.column = Self.field(godwit_diag_column_name, of: result)
        self.constraint = Self.field(godwit_diag_constraint_name, of: result)
    }

    private static func field(_ code: Int32, of result: OpaquePointer?) -> String? {
        guard let result, let text = PQresultErrorField(result, code) else { return nil }
        return String(cString: text)
    }

    /// The first line, without libpq's closing line feed.
    static func trimmed(_ text: String) -> String {
        text.split(separator: "\n").first.map(String.init) ?? "no reason given"
    }
}
