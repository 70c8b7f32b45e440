/// Why a worker process cannot go on.
package struct WorkerError: Error, Sendable, Equatable {
    package var code: Code
    /// What was attempted, and what to do.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension WorkerError {
    /// What kind of failure it is.
    package enum Code: Sendable, Equatable {
        /// No coordinator answered for longer than the worker's patience.
        case noCoordinator
        /// The coordinator will not have this worker.
        case refused
        /// The worker's key is not on the allow-list, or no longer, or not for its name.
        case notAuthorised
        /// The role of the target may not work.
        case notPermitted
        /// A database or the control schema can't be used.
        case database
        /// The messaging library can't be used.
        case messaging
    }
}
