extension PostgresError {
    /// Of what the server sends only rows are so large.
    init(refusedMemory attempt: String, forRowOf bytes: Int?) {
        let what = bytes.map { "a row of \($0) bytes" } ?? "rows of the server"
        self.init(code: .outOfMemory, message: "\(attempt): this process got no memory for \(what)")
    }

    /// Whether a message of libpq's own says that the system refused it memory.
    ///
    /// libpq has no code for that. Its words are English, because this process sets no locale, and the same in all versions
    /// since 9; a server's messages are told apart by their SQLSTATE.
    ///
    /// https://www.postgresql.org/docs/current/libpq-status.html#LIBPQ-PQERRORMESSAGE
    static func isRefusedMemory(_ said: String) -> Bool {
        said.split(separator: "\n").contains { $0.hasPrefix("out of memory") || $0.hasPrefix("cannot allocate memory") }
    }

    /// The size that libpq names of a message it had no room for; only for people.
    static func sizeOfRefusedMessage(_ said: String) -> Int? {
        // Where libpq can't keep a whole message it takes itself to be out of step: `… got message type "d", length 104`.
        guard let length = said.split(whereSeparator: { !$0.isNumber }).last.flatMap({ Int($0) }) else { return nil }
        // The length counts its own four bytes.
        return length > 4 ? length - 4 : nil
    }
}
