package import Scheduling

/// BYE: a worker leaves in good order.
package struct Bye: MessageBody {
    /// Leases it gives back unfinished; nothing of them is committed.
    package var released: [LeaseID]

    package init(released: [LeaseID]) {
        self.released = released
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(count: self.released.count, "released")
    }
}
