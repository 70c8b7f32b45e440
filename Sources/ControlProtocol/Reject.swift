/// REJECT: a worker may not take part, or must introduce itself again.
package struct Reject: MessageBody {
    package var code: Code
    package var message: String
    /// Whether coming back later is useless.
    package var isFatal: Bool
    /// When to come back, if not.
    package var retrySeconds: Double

    package init(code: Code, message: String, isFatal: Bool, retrySeconds: Double) {
        self.code = code
        self.message = Limits.clip(message, to: Limits.messageBytes)
        self.isFatal = isFatal
        self.retrySeconds = retrySeconds
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.message, "message", maximum: Limits.messageBytes)
        try Limits.check(seconds: self.retrySeconds, field: "retrySeconds")
    }

    /// Why.
    package enum Code: String, Codable, Sendable {
        /// The coordinator has not heard its HELLO: it is to say it again, at once.
        case unknownWorker
        case planMismatch
        case protocolMismatch
        /// There is no run to work on.
        case noRun
        case notAuthorised
    }
}
