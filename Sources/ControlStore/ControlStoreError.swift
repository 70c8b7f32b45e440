package import Postgres

/// Why a statement on the control schema did not do what it should.
package struct ControlStoreError: Error, CustomStringConvertible {
    package var code: Code
    package var message: String
    /// The server's or the connection's error, nil where the store itself refuses.
    package var underlying: PostgresError?

    package init(_ code: Code, _ message: String, underlying: PostgresError? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// The server's SQLSTATE, nil where it did not answer.
    package var sqlState: SQLState? { self.underlying?.sqlState }

    /// Whether the role lacks a right: this store refuses it, or the server has (42501).
    package var isMissingRight: Bool { self.code == .notPermitted || self.sqlState == "42501" }

    /// Whether the same call may succeed later without anybody doing anything.
    package var isTransient: Bool { self.underlying?.isTransient ?? false }

    package var description: String {
        guard let underlying = self.underlying else { return self.message }
        return "\(self.message): \(underlying)"
    }
}

extension ControlStoreError {
    /// What kind of failure it is, for decisions.
    package enum Code: Sendable, Equatable {
        /// The database refused the statement or can't be reached.
        case database
        /// The schema comes from a newer Godwit.
        case newerSchema
        /// There is no control schema, or an older one.
        case notInstalled
        /// The role may not do what was asked, whatever state things are in.
        case notPermitted
        /// Another coordinator leads, or the connection that held the leadership is gone.
        case termLost
        /// No run, shard or entity like that.
        case notFound
        /// A prefix that fits more than one run.
        case ambiguous
        /// The thing exists, in a state that does not allow what was asked.
        case refused
        /// The database answered something this version does not understand.
        case unexpectedAnswer
    }
}
