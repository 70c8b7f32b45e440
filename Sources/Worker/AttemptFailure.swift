package import ControlProtocol
package import Postgres
package import Scheduling

/// Why an attempt at a shard ended without a commit.
package struct AttemptFailure: Error, Sendable, Equatable {
    package var failure: FailureClass
    package var side: Side
    package var sqlState: SQLState?
    /// What was attempted, on what, and what the server said; no values of rows.
    package var message: String

    package init(_ failure: FailureClass, side: Side, sqlState: SQLState? = nil, message: String) {
        self.failure = failure
        self.side = side
        self.sqlState = sqlState
        self.message = message
    }
}

extension AttemptFailure {
    package typealias Side = Failed.Side

    /// Judges a database error by its SQLSTATE and side, never by its text.
    ///
    /// https://www.postgresql.org/docs/15/errcodes-appendix.html
    ///
    /// - Parameters:
    ///   - error: What libpq reported.
    ///   - side: Where the statement ran.
    ///   - isCancelled: Whether this worker itself had asked for the cancellation.
    ///   - importsSnapshot: Whether the statement imported the run's snapshot.
    ///   - hidesValues: Whether rows with personal columns were at hand, so that the server's words are kept back.
    package init(
        _ error: PostgresError,
        side: Side,
        isCancelled: Bool,
        importsSnapshot: Bool = false,
        hidesValues: Bool = false
    ) {
        self.init(
            Self.classify(error, side: side, isCancelled: isCancelled, importsSnapshot: importsSnapshot),
            side: side,
            sqlState: error.sqlState,
            message: hidesValues ? error.withoutRowValues.message : error.message
        )
    }

    private static func classify(
        _ error: PostgresError,
        side: Side,
        isCancelled: Bool,
        importsSnapshot: Bool
    ) -> FailureClass {
        if isCancelled { return .cancelled }
        guard let state = error.sqlState else {
            return error.isTransient ? .surroundings : .fault
        }
        if importsSnapshot, error.isSnapshotGone { return .snapshotLost }
        if error.isTransient { return .surroundings }
        return switch state.class {
        case "42", "3F", "28": .schema
        case _ where Self.refusalClasses.contains(state.class): .rows
        // A subquery with two rows, or a function of another language, in the plan's own SQL.
        case "21", "2F", "38", "39": side == .source ? .rows : .fault
        default: side == .target && Self.isRowRefusal(error) && state != .noData ? .rows : .fault
        }
    }

    /// Whether the source could not compute a row, so that those it can't compute can be told from the others.
    var isUnreadableRow: Bool { self.side == .source && self.failure == .rows }

    /// Classes in which PostgreSQL refuses values: data, constraints, limits, RAISE of PL/pgSQL, WITH CHECK OPTION.
    static let refusalClasses = ["22", "23", "54", "P0", "44"]

    /// Whether the target refused a row of the batch, so that the batch can be taken apart.
    static func isRowRefusal(_ error: PostgresError) -> Bool {
        guard error.code == .serverRefused || error.code == .copyFailed, let state = error.sqlState else {
            return false
        }
        return state == .noData || Self.refusalClasses.contains(state.class) || state.isMadeUp
    }
}
