/// Why a coordinator cannot begin or go on.
package struct CoordinatorError: Error, Sendable, Equatable {
    package var code: Code
    /// What was attempted, on what, and what to do.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension CoordinatorError {
    /// What kind of failure it is.
    package enum Code: Sendable, Equatable {
        /// The plan has findings that forbid a run; the message is the report.
        case invalidPlan
        /// A database can't be reached or refuses.
        case database
        /// The role of the target can't lead, or lacks a right.
        case notPermitted
        /// Others could listen in on what the coordinator is to listen on.
        case exposed
        /// Another coordinator leads, or took over.
        case notLeading
        /// The run's plan is another one.
        case planChanged
        /// The socket can't be bound or used.
        case messaging
        /// The run ended by an error that a retry does not heal.
        case runFailed
    }
}
