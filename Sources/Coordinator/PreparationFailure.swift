import ControlStore
import Postgres

/// Why an entity could not be prepared.
struct PreparationFailure: Error, Sendable, Equatable {
    /// Whether the same may succeed later without anybody doing anything.
    var isTransient: Bool
    var message: String

    init(_ error: PostgresError, importsSnapshot: Bool = false) {
        // A snapshot that is gone is found again, or a new one taken.
        self.isTransient = error.isTransient || (importsSnapshot && error.isSnapshotGone)
        self.message = "\(error)"
    }

    init(_ error: ControlStoreError) {
        // A lost term is found again with the session, or the process steps down.
        self.isTransient = error.isOutage
        self.message = "\(error)"
    }
}

extension ControlStoreError {
    /// Whether the target could not be used, and with it the leadership may be gone.
    var isOutage: Bool { self.isTransient || self.code == .termLost }
}
