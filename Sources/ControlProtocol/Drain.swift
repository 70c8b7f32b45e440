/// DRAIN: finish what is held within the deadline, give back the rest, say BYE and leave.
package struct Drain: MessageBody {
    package var deadlineSeconds: Double

    package init(deadlineSeconds: Double) {
        self.deadlineSeconds = deadlineSeconds
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(seconds: self.deadlineSeconds, field: "deadlineSeconds")
    }
}
