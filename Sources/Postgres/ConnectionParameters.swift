import CLibPQ
import Glibc

/// Where a database is and how to log in; prints without its secrets.
package struct ConnectionParameters: Sendable, Equatable {
    /// What was given, as libpq's keywords, the password included.
    private(set) var options: [String: String]
    /// What was given, completed from the environment and libpq's defaults; without secrets.
    private let resolved: [String: String]

    /// Reads a libpq URI or a `keyword=value` string; what it leaves out comes from libpq's PG* variables.
    ///
    /// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
    package init(_ connectionString: String) throws(PostgresError) {
        try self.init(connectionString, origin: "the connection string")
    }

    /// Reads the connection string from an environment variable, or libpq's own variables where it is unset.
    ///
    /// Without the variable one of PGSERVICE, PGHOST and PGDATABASE must be there: libpq would otherwise pick a
    /// database of its own choice.
    package init(environmentVariable name: String) throws(PostgresError) {
        if let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty {
            try self.init(value, origin: name)
        } else if ["PGSERVICE", "PGHOST", "PGDATABASE"].contains(where: { (name: String) in getenv(name) != nil }) {
            try self.init("", origin: "the PG* variables")
        } else {
            throw PostgresError(
                code: .invalidParameters,
                message: "\(name) is not set, and neither is PGSERVICE, PGHOST or PGDATABASE",
                hint: "export \(name)=postgresql://user@host:5432/database"
            )
        }
    }

    private init(_ text: String, origin: String) throws(PostgresError) {
        guard let parsed = PQconninfoParse(text, nil) else {
            // libpq's message quotes parts of the string, which may be parts of the password.
            throw Self.unreadable(origin)
        }
        defer { PQconninfoFree(parsed) }
        self.options = Self.values(of: parsed)
        var resolved: [String: String] = [:]
        if let defaults = PQconndefaults() {
            resolved = Self.values(of: defaults)
            PQconninfoFree(defaults)
        }
        resolved.merge(self.options) { _, given in given }
        for secret in ["password", "sslpassword"] { resolved[secret] = nil }
        self.resolved = resolved
        try self.refuseMisplacedPassword(isURI: text.contains("://"), origin: origin)
    }

    /// Refuses a URI whose password holds an unescaped `@` or `/`: libpq then takes part of it for the host, the
    /// port or the database, and would print it.
    private func refuseMisplacedPassword(isURI: Bool, origin: String) throws(PostgresError) {
        guard isURI else { return }
        let port = self.options["port"] ?? ""
        let misplaced =
            self.options["host", default: ""].dropFirst().contains("@")
            || self.options["dbname", default: ""].contains("@")
            || !port.allSatisfy { $0.isNumber || $0 == "," }
        if misplaced { throw Self.unreadable(origin) }
    }

    private static func unreadable(_ origin: String) -> PostgresError {
        PostgresError(
            code: .invalidParameters,
            message: "\(origin) is no connection string that libpq can read",
            hint: "write postgresql://user@host:5432/database, with reserved characters percent-encoded (@ is %40)"
        )
    }

    /// A keyword's value as libpq will use it; nil for the secrets.
    func resolvedValue(_ keyword: String) -> String? { self.resolved[keyword] }

    /// Collects the keywords that have a value.
    private static func values(of list: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var values: [String: String] = [:]
        var option = list
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val, value.pointee != 0 {
                values[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return values
    }
}
