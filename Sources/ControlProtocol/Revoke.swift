package import Scheduling

/// REVOKE: the lease is not the worker's any more; it rolls back.
package struct Revoke: MessageBody {
    package var lease: LeaseID
    package var reason: String

    package init(lease: LeaseID, reason: String) {
        self.lease = lease
        self.reason = Limits.clip(reason, to: Limits.messageBytes)
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.reason, "reason", maximum: Limits.messageBytes)
    }
}
