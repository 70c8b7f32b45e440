extension Connection {
    /// The time zone of every session.
    package static let timeZone = "UTC"

    /// Pins every setting that changes how values are read, written or found, in one round trip.
    func pinSettings() throws(PostgresError) {
        do {
            try self.execute(self.settings(watchingClient: self.serverVersion >= 140_000))
        } catch  where error.sqlState == "22023" {
            // The server's operating system can't watch the client's socket during a statement.
            try self.execute(self.settings(watchingClient: false))
        }
    }

    private func settings(watchingClient: Bool) -> String {
        // 60 s is twice the lease's time to live: a worker that stopped loses its locks. The source's snapshot must last.
        let idle = self.role == .source ? "0" : "60s"
        var settings = [
            ("TimeZone", Self.timeZone), ("DateStyle", "ISO, YMD"), ("IntervalStyle", "postgres"),
            ("search_path", "pg_catalog"), ("row_security", "off"), ("statement_timeout", "0"), ("lock_timeout", "0"),
            ("extra_float_digits", "3"), ("client_encoding", "UTF8"), ("bytea_output", "hex"),
            ("standard_conforming_strings", "on"), ("client_min_messages", "warning"), ("tcp_keepalives_idle", "10"),
            ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "3"),
            ("idle_in_transaction_session_timeout", idle), ("default_transaction_isolation", "read committed"),
            ("array_nulls", "on"),
        ]
        // A source whose role may only read by default stays so.
        if self.role != .source { settings.append(("default_transaction_read_only", "off")) }
        if self.serverVersion >= 140_000 { settings.append(("idle_session_timeout", "0")) }
        if self.serverVersion >= 170_000 { settings.append(("transaction_timeout", "0")) }
        if watchingClient { settings.append(("client_connection_check_interval", "5s")) }
        return
            settings.map { name, value in
                // search_path and DateStyle are lists: quoted as a whole, the list would be one element.
                name == "DateStyle" ? "SET \(name) = \(value)" : "SET \(name) = \(quoteLiteral(value))"
            }
            .joined(separator: "; ")
    }
}
