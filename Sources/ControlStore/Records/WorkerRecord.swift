package import FoundationEssentials
package import Scheduling

/// A worker process as the coordinator last heard of it.
package struct WorkerRecord: Sendable, Codable, Equatable {
    package var incarnation: Incarnation
    package var name: WorkerName
    package var host: String
    package var pid: Int
    package var slots: Int
    package var build: String
    /// The worker's own word for it, such as `running` or `draining`.
    package var state: String
    /// A JSON object.
    package var counters: String
    /// Identifier under which it exports the run's snapshot, nil while it holds none.
    package var snapshot: String?
    /// The CURVE key it said HELLO with; nil without keys.
    package var publicKey: String?
    /// Set by the control schema.
    package var startedAt: Date?
    package var lastSeen: Date?

    /// States of a worker that is not there any more.
    package static let departed = ["gone", "lost", "revoked"]

    /// Whether it is not there any more, as far as the control schema knows.
    package var hasLeft: Bool { Self.departed.contains(self.state) }

    package init(
        incarnation: Incarnation,
        name: WorkerName,
        host: String,
        pid: Int,
        slots: Int,
        build: String,
        state: String,
        counters: String = "{}"
    ) {
        self.incarnation = incarnation
        self.name = name
        self.host = host
        self.pid = pid
        self.slots = slots
        self.build = build
        self.state = state
        self.counters = counters
    }
}
