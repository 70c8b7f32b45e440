import ArgumentParser
import Coordinator
import Foundation
import Glibc
import Messaging
import Scheduling

struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Lead a run: begin it, or resume the plan's unfinished one.",
        discussion: """
            Grants shards to workers and leaves when the run has ended. A killed coordinator loses nothing: start it \
            again with the same command, or have a second one stand by with --standby: it takes over as soon as the \
            leader's session ends, or the leader has been silent for 15 seconds, and leaves when the run has ended.

            A run that pauses itself keeps its coordinator, and with it the source's snapshot, until `godwit resume`; with \
            --leave-when-paused the coordinator leaves with 75. One that is started meanwhile leaves at once; with \
            --standby it waits.

            While a database is away the coordinator waits, says so every minute, and goes on by itself.

            TERM, INT and HUP hand over: nothing more is granted, the workers keep their shards, a standby leads at \
            once. QUIT leaves without a word.

            EXAMPLES
              godwit coordinator --plan plan.yaml
              godwit coordinator --plan plan.yaml --listen tcp://127.0.0.1:7400
              godwit coordinator --plan plan.yaml --listen tcp://0.0.0.0:7400 --keys ~/.godwit/keys
              godwit coordinator --plan plan.yaml --standby

            EXIT STATUS
               0 done
               1 failed
               2 finished, but with failed shards, too many rejects, two snapshots, or indexes still off
              64 on more than loopback without --keys
              65 the plan is invalid
              69 a database can't be reached, or another coordinator leads
              75 told to leave, or paused; resume
              77 the key file is open to others, or the role can't lead
            """
    )

    @Option(help: ArgumentHelp("The plan.", valueName: "file"))
    var plan: String?

    @Option(help: ArgumentHelp("Go on with this run instead, whatever its plan file has become.", valueName: "id"))
    var run: String?

    @Option(
        name: [.long, .customLong("bind")],
        help: ArgumentHelp("Where to listen; without --keys loopback only.", valueName: "endpoint")
    )
    var listen = "tcp://127.0.0.1:*"

    @Option(
        help: ArgumentHelp(
            "Directory of coordinator.key: only workers with an authorised key take part (godwit keys --help).",
            valueName: "directory"
        )
    )
    var keys: String?

    @Option(
        help: ArgumentHelp(
            "The address workers are told, where it is another than --listen, as behind NAT (default: the host's name).",
            valueName: "endpoint"
        )
    )
    var announce: String?

    @Flag(help: "While another coordinator leads, wait and take over from it; also where the run is paused already.")
    var standby = false

    @Flag(help: "Leave with status 75 when the run pauses itself; what is left is then read under a second snapshot.")
    var leaveWhenPaused = false

    @Option(
        help: ArgumentHelp(
            "How long a worker keeps a shard without renewing its lease: for tests and impatient networks.",
            valueName: "seconds",
            visibility: .hidden
        )
    )
    var leaseSeconds = 30

    @OptionGroup var databases: DatabaseOptions
    @OptionGroup var logs: LogOptions

    func validate() throws {
        guard (2...300).contains(self.leaseSeconds) else {
            throw ValidationError("--lease-seconds must be between 2 and 300")
        }
        guard (self.plan == nil) != (self.run == nil) else { throw ValidationError("give either --plan or --run") }
        if let run = self.run, RunID(run) == nil { throw ValidationError("--run takes the run's whole id") }
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let coordinator = CoordinatorProcess(
                CoordinatorConfiguration(
                    source: try self.databases.source(),
                    target: try self.databases.target(),
                    endpoint: try Endpoint(self.listen),
                    host: Machine.hostName,
                    build: Machine.version,
                    task: self.run.flatMap { RunID($0) }.map { .run($0) } ?? .plan(path: self.plan ?? ""),
                    announced: try self.announce.map { text throws in try Endpoint(text) },
                    keys: try self.keys.map { directory throws in
                        try KeyFile.readSecret("\(directory)/\(KeyFile.coordinatorName).key").pair
                    },
                    isStandby: self.standby,
                    leavesWhenPaused: self.leaveWhenPaused,
                    timers: WorkerTimers(scaledTo: .seconds(self.leaseSeconds))
                ),
                logger: self.logs.logger("coordinator")
            )
            let signals = Signals { signal in
                if signal == SIGQUIT { Signals.leaveAtOnce() }
                coordinator.terminate()
            }
            let summary = try await coordinator.lead()
            withExtendedLifetime(signals) {}
            let status: ExitStatus =
                switch summary.outcome {
                case .done: .done
                case .incomplete: .incomplete
                case .paused: .paused
                case .failed: .failed
                }
            if status != .done { throw CommandFailure(status, summary.message) }
        }
    }
}
