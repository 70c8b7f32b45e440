package import Scheduling

/// What every message says about its sender and its run.
package struct MessageHeader: Equatable, Sendable {
    /// The run it is about; nil while a worker has not been told.
    package var run: RunID?
    /// The reign of the coordinator that sent it, or that the worker last heard of; nil at first.
    package var term: Term?
    /// The worker that sends it, or for which it is.
    package var worker: WorkerName
    package var incarnation: Incarnation
    /// Counts the sender's messages, for logs and for the echo of a PONG; nothing is ever ordered by it.
    package var sequence: UInt64

    package init(run: RunID?, term: Term?, worker: WorkerName, incarnation: Incarnation, sequence: UInt64) {
        self.run = run
        self.term = term
        self.worker = worker
        self.incarnation = incarnation
        self.sequence = sequence
    }
}

extension MessageHeader: Codable {
    private enum CodingKeys: String, CodingKey {
        case run
        case term
        case worker
        case incarnation
        case sequence = "seq"
    }

    func validate() throws(ProtocolError) {
        try Limits.check(self.worker.rawValue, "worker", maximum: Limits.nameBytes)
        guard !self.worker.rawValue.isEmpty, self.worker.rawValue.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
            throw ProtocolError(.invalidValue, "the worker's name is empty or has control characters")
        }
    }
}
