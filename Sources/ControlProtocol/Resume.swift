/// RESUME: the end of a PAUSE.
package struct Resume: MessageBody {
    package var reason: String

    package init(reason: String) {
        self.reason = Limits.clip(reason, to: Limits.messageBytes)
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.reason, "reason", maximum: Limits.messageBytes)
    }
}
