package import Messaging
package import Postgres
package import Scheduling

/// What a coordinator process is started with.
package struct CoordinatorConfiguration: Sendable {
    package var source: ConnectionParameters
    package var target: ConnectionParameters
    /// Where it binds; without keys loopback only, because messages are then neither encrypted nor authenticated.
    package var endpoint: Endpoint
    /// What it tells workers of where it is; nil where it binds, or by the host's name where it binds to every interface.
    package var announced: Endpoint?
    /// Its CURVE keys; with them only workers on the allow-list take part.
    package var keys: CurveKeyPair?
    package var host: String
    package var build: String
    /// Which run it leads.
    package var task: Task
    /// Whether it waits while another coordinator leads, and follows it.
    package var isStandby: Bool
    /// Whether it leaves when it has paused the run, for a script that waits for its status; else it stays, with the
    /// source's snapshot, so that the run goes on where it stopped.
    package var leavesWhenPaused: Bool
    /// What it tells the workers, and how long its leases last.
    package var timers: WorkerTimers

    package init(
        source: ConnectionParameters,
        target: ConnectionParameters,
        endpoint: Endpoint,
        host: String,
        build: String,
        task: Task,
        announced: Endpoint? = nil,
        keys: CurveKeyPair? = nil,
        isStandby: Bool = false,
        leavesWhenPaused: Bool = false,
        timers: WorkerTimers = WorkerTimers()
    ) {
        self.source = source
        self.target = target
        self.endpoint = endpoint
        self.host = host
        self.build = build
        self.task = task
        self.announced = announced
        self.keys = keys
        self.isStandby = isStandby
        self.leavesWhenPaused = leavesWhenPaused
        self.timers = timers
    }
}

extension CoordinatorConfiguration {
    /// What there is to do.
    package enum Task: Sendable {
        /// Begins a run of a plan file, or resumes the plan's unfinished one.
        case plan(path: String)
        /// Goes on with a run of the control schema, as after a retry.
        case run(RunID)
    }
}
