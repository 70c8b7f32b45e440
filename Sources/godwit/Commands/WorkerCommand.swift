import ArgumentParser
import Foundation
import Glibc
import Messaging
import MigrationPlan
import Scheduling
import Worker

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Work on shards until the run ends.",
        discussion: """
            Streams rows from GODWIT_SOURCE to GODWIT_TARGET. Start as many as you like, on as many hosts as you like; \
            each finds the coordinator through the target's control schema.

            TERM and HUP finish the running shards, or give them back after 10 seconds; a second one, or INT, rolls them \
            back at once. QUIT leaves without a word; what it held comes back when its leases expire.

            EXAMPLES
              godwit worker --slots 4
              godwit worker --coordinator tcp://127.0.0.1:7400 --name $(hostname)-1
              godwit worker --key rack-1.key --coordinator-key coordinator.pub --name rack-1-a

            EXIT STATUS
              0 the run ended, or told to leave · 64 GODWIT_SOURCE or GODWIT_TARGET can't be used
              65 the coordinator leads another plan · 69 no database, or no coordinator, within the patience
              77 the key is missing, not authorised or revoked, or its file is open to others, or the role may not work
            """
    )

    @Option(
        help: ArgumentHelp("Shards worked on at once; each takes one connection to either database.", valueName: "n")
    )
    var slots = 2

    @Option(help: ArgumentHelp("Stable name of this worker (default: host-pid, or key-pid).", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp("Where the coordinator is (default: as the control schema says).", valueName: "endpoint")
    )
    var coordinator: String?

    @Option(
        help: ArgumentHelp(
            "Own secret key (default: GODWIT_KEY_FILE); the worker is called as the key, or that and -something.",
            valueName: "file"
        )
    )
    var key: String?

    @Option(
        help: ArgumentHelp(
            "The coordinator's public key, brought here by hand (default: GODWIT_COORDINATOR_KEY_FILE).",
            valueName: "file"
        )
    )
    var coordinatorKey: String?

    @Option(help: ArgumentHelp("Refuse to work on a run of any other plan than this file.", valueName: "file"))
    var plan: String?

    @Option(
        help: ArgumentHelp(
            "Give up after so many seconds without a coordinator; 0 waits for ever.",
            valueName: "seconds"
        )
    )
    var patience = 300

    @Flag(
        name: .customLong("started-by-pool"),
        help: ArgumentHelp("Begin when the process that started this one says so.", visibility: .hidden)
    )
    var isStartedByPool = false

    @OptionGroup var databases: DatabaseOptions
    @OptionGroup var logs: LogOptions

    /// What a local pool adds to the arguments of its workers.
    static let startedByPool = "--started-by-pool"

    func validate() throws {
        guard (1...256).contains(self.slots) else { throw ValidationError("--slots must be between 1 and 256") }
        if let name = self.name, name.isEmpty || name.utf8.count > 128 {
            throw ValidationError("--name must have between 1 and 128 bytes")
        }
        guard self.patience >= 0 else { throw ValidationError("--patience must not be negative") }
    }

    func run() async throws {
        try await CommandFailure.reporting {
            // Later the databases may come and go; at the start a wrong address should be said at once. Who starts a pool
            // has just reached both.
            if !self.isStartedByPool {
                try await PlanExamination(databases: self.databases, applicationName: "godwit worker").reachBoth()
            }
            let worker = WorkerProcess(try self.workerConfiguration(), logger: self.logs.logger("worker"))
            let signals = Signals { signal in
                switch signal {
                case SIGQUIT: Signals.leaveAtOnce()
                case SIGINT: worker.interrupt()
                default: worker.terminate()
                }
            }
            if self.isStartedByPool, await !Starter.mayBegin() { return }
            try await worker.work()
            withExtendedLifetime(signals) {}
        }
    }

    private func workerConfiguration() throws -> WorkerConfiguration {
        let host = Machine.hostName
        let keys = try self.keys()
        let standardName = "\(keys?.name ?? host)-\(ProcessInfo.processInfo.processIdentifier)"
        return WorkerConfiguration(
            name: WorkerName(rawValue: self.name ?? standardName),
            host: host,
            slots: self.slots,
            source: try self.databases.source(),
            target: try self.databases.target(),
            coordinator: try self.coordinator.map { text throws in try Endpoint(text) },
            planHash: try self.plan.map { path throws in try PlanFile.load(path).hash },
            build: Machine.version,
            patience: self.patience == 0 ? nil : .seconds(self.patience),
            keys: keys
        )
    }

    private func keys() throws -> WorkerKeys? {
        guard let files = try KeyDirectory.workerKeyFiles(key: self.key, coordinatorKey: self.coordinatorKey) else {
            return nil
        }
        let own = try KeyFile.readSecret(files.own)
        if let name = self.name, name != own.name, !name.hasPrefix(own.name + "-") {
            throw CommandFailure(
                .usage,
                "the key \(files.own) is for workers called \(own.name) or \(own.name)-something, not '\(name)'"
            )
        }
        let coordinator = try KeyFile.readPublic(files.coordinator)
        guard coordinator.name == KeyFile.coordinatorName else {
            throw CommandFailure(
                .usage,
                "\(files.coordinator) is the key of \(coordinator.name); give the coordinator.pub of its host"
            )
        }
        return WorkerKeys(name: own.name, own: own.pair, coordinator: coordinator.key)
    }
}
