import ArgumentParser
import Coordinator
import Foundation
import Messaging
import Scheduling

struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Lead a run: begin it, or resume the plan's unfinished one.",
        discussion: """
            Grants shards to workers and leaves when the run has ended. A killed coordinator loses nothing: start it \
            again with the same command.

            EXAMPLES
              godwit coordinator --plan plan.yaml
              godwit coordinator --plan plan.yaml --bind tcp://127.0.0.1:7400

            EXIT STATUS
              0 done · 1 failed · 2 finished, but with failed shards, too many rejects or two snapshots · 65 the plan is invalid
              69 a database can't be reached, or another coordinator leads · 75 told to leave; resume
            """
    )

    @Option(help: ArgumentHelp("The plan.", valueName: "file"))
    var plan: String?

    @Option(help: ArgumentHelp("Go on with this run instead, whatever its plan file has become.", valueName: "id"))
    var run: String?

    @Option(help: ArgumentHelp("Where to listen; loopback only.", valueName: "endpoint"))
    var bind = "tcp://127.0.0.1:*"

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
                    endpoint: try Endpoint(self.bind),
                    host: Machine.hostName,
                    build: Machine.version,
                    task: self.run.flatMap { RunID($0) }.map { .run($0) } ?? .plan(path: self.plan ?? ""),
                    timers: WorkerTimers(scaledTo: .seconds(self.leaseSeconds))
                ),
                logger: self.logs.logger("coordinator")
            )
            let signals = Signals { coordinator.terminate() }
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
