import ArgumentParser
import Foundation
import Messaging

struct HerdCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "herd",
        abstract: "Connect a thousand workers with keys that copy nothing, whenever the coordinator comes up."
    )

    @Option(help: "The coordinator's port on loopback.")
    var port: UInt16

    @Option(help: "How many workers.")
    var workers = 1_000

    @Option(help: "Directory of the workers' keys, *.key; each serves as many.")
    var keys: String

    @Option(help: "The coordinator's public key file.")
    var coordinatorKey: String

    @Option(help: "How often the coordinator comes up.")
    var rounds = 1

    /// Of a context: libzmq makes 1,023 sockets in one, and each worker has two.
    static let workersPerContext = 250
    /// Of a thread, which looks at all its sockets whenever anything is to be done with one.
    static let workersPerThread = 20

    func run() async throws {
        let (granted, report) = AsyncStream<ContinuousClock.Instant>.makeStream()
        let herd = Herd(try self.makeWorkers(report: report), granted: granted)
        await herd.start()
        for round in 1...self.rounds {
            let coordinator = await self.waitForPort(open: true)
            let (last, half) = await herd.allGranted(since: coordinator)
            Report.line("round \(round): \(self.workers) workers granted in \(last) s, half of them in \(half) s")
            guard round < self.rounds else { break }
            _ = await self.waitForPort(open: false)
            await herd.forgetLeases()
        }
    }

    private func makeWorkers(report: AsyncStream<ContinuousClock.Instant>.Continuation) throws -> [HerdWorker] {
        let files = try FileManager.default.contentsOfDirectory(atPath: self.keys)
            .filter { $0.hasSuffix(".key") && $0 != "coordinator.key" }
        guard !files.isEmpty else { throw ValidationError("no worker's key is in \(self.keys)") }
        let keys = try files.sorted().map { try KeyFile.readSecret("\(self.keys)/\($0)") }
        let server = try KeyFile.readPublic(self.coordinatorKey).key
        let endpoint = try Endpoint("tcp://127.0.0.1:\(self.port)")
        var workers: [HerdWorker] = []
        while workers.count < self.workers {
            let context = try MessagingContext()
            var executor = try PollingExecutor()
            for number in 0..<min(Self.workersPerContext, self.workers - workers.count) {
                if number.isMultiple(of: Self.workersPerThread) { executor = try PollingExecutor() }
                let key = keys[workers.count % keys.count]
                let dealer = try DealerEndpoint(
                    connecting: endpoint,
                    security: .curveClient(key.pair, server: server),
                    context: context,
                    executor: executor
                )
                workers.append(HerdWorker(name: "\(key.name)-\(workers.count)", dealer: dealer, report: report))
            }
        }
        return workers
    }

    /// When the port opened or closed.
    private func waitForPort(open: Bool) async -> ContinuousClock.Instant {
        while LoopbackConnection.answers(port: self.port) != open {
            // Cancelled only with the process.
            try? await Task.sleep(for: .milliseconds(20))
        }
        return .now
    }
}
