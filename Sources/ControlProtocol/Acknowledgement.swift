package import Scheduling

/// ACK: DONE or FAILED of that lease has been seen.
package struct Acknowledgement: MessageBody {
    package var lease: LeaseID

    package init(lease: LeaseID) {
        self.lease = lease
    }

    package func validate() throws(ProtocolError) {}
}
