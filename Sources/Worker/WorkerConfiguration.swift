package import Messaging
package import Postgres
package import Scheduling

/// What a worker process is started with.
package struct WorkerConfiguration: Sendable {
    package var name: WorkerName
    package var host: String
    /// Shards it works on at once.
    package var slots: Int
    package var source: ConnectionParameters
    package var target: ConnectionParameters
    /// Where the coordinator is; nil looks it up in the control schema.
    package var coordinator: Endpoint?
    /// The plan it was started for; nil takes any.
    package var planHash: String?
    package var build: String
    /// Silence of every coordinator after which the process gives up; nil waits for ever, as a service does.
    package var patience: Duration?
    /// Its key and the coordinator's; nil connects without, which works on loopback only.
    package var keys: WorkerKeys?

    package init(
        name: WorkerName,
        host: String,
        slots: Int,
        source: ConnectionParameters,
        target: ConnectionParameters,
        coordinator: Endpoint?,
        planHash: String?,
        build: String,
        patience: Duration?,
        keys: WorkerKeys? = nil
    ) {
        self.name = name
        self.host = host
        self.slots = slots
        self.source = source
        self.target = target
        self.coordinator = coordinator
        self.planHash = planHash
        self.build = build
        self.patience = patience
        self.keys = keys
    }
}
