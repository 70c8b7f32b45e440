import CLibPQ

/// Cancels the running statement of one connection, from any thread, also after the connection has gone.
package final class Canceller: Sendable {
    /// libpq's copy of the connection's address and secret key, freed in deinit.
    ///
    /// Kept as an integer because a pointer is not Sendable. Sharing it is safe: libpq never changes it, and documents
    /// `PQcancel` as safe from any thread.
    private let address: UInt

    init(connection: OpaquePointer) {
        self.address = UInt(bitPattern: PQgetCancel(connection))
    }

    deinit {
        PQfreeCancel(OpaquePointer(bitPattern: self.address))
    }

    /// Asks the server to cancel; the statement then fails with code `cancelled`, unless it ended first.
    ///
    /// Blocks for one connection to the server.
    /// - Returns: Whether the request was sent.
    @discardableResult
    package func cancel() -> Bool {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
            PQcancel(OpaquePointer(bitPattern: self.address), reason.baseAddress, 256) == 1
        }
    }
}
