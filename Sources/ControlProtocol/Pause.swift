/// PAUSE: take no new shards by yourself; what is held may finish.
package struct Pause: MessageBody {
    package var reason: String

    package init(reason: String) {
        self.reason = Limits.clip(reason, to: Limits.messageBytes)
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.reason, "reason", maximum: Limits.messageBytes)
    }
}
