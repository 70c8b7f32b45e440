extension PostgresError {
    /// The same error without the words in which a server may quote values of rows.
    ///
    /// Every text of the server goes (message, DETAIL, HINT, CONTEXT) but where it can only speak of the schema or the
    /// surroundings: an error of such a class that no function of the database raised, which would show in CONTEXT,
    /// because `RAISE` may carry any SQLSTATE with any text.
    package var withoutRowValues: PostgresError {
        var error = self
        error.detail = nil
        error.context = nil
        guard self.mayQuoteRows else { return error }
        error.hint = nil
        error.serverMessage = nil
        error.message = self.attempted + Self.withheld
        return error
    }

    /// What stands in the place of the server's words.
    static let withheld = "the server's message is withheld, because it may quote values of personal columns"

    /// Classes in which the server itself names only objects, limits and sessions.
    ///
    /// https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static let wordsOfTheServer: Set<String> = [
        "08", "25", "26", "28", "3D", "3F", "40", "42", "53", "55", "57", "58",
    ]

    private var mayQuoteRows: Bool {
        guard let state = self.sqlState else {
            // Found on this side of the connection, or a session that broke.
            return self.serverMessage != nil && self.code != .connectionLost && self.code != .connectionFailed
        }
        return self.context != nil || !Self.wordsOfTheServer.contains(state.class)
    }

    /// The message's part that came from this side, with its colon.
    private var attempted: String {
        guard let said = self.serverMessage, self.message.hasSuffix(": \(said)") else { return "" }
        return String(self.message.dropLast(said.count))
    }
}
