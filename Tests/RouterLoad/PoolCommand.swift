import ArgumentParser
import Messaging
import Postgres

struct PoolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Connect workers that end every shard at once, until the process ends; the target is GODWIT_TARGET."
    )

    @Option(help: "The coordinator's port on loopback.")
    var port: UInt16

    @Option(help: "How many workers, of one slot each.")
    var workers = 2_000

    func run() async throws {
        let desk = try FenceDesk(ConnectionParameters(environmentVariable: "GODWIT_TARGET"))
        let endpoint = try Endpoint("tcp://127.0.0.1:\(self.port)")
        let (_, report) = AsyncStream<ContinuousClock.Instant>.makeStream(bufferingPolicy: .bufferingNewest(1))
        var workers: [HerdWorker] = []
        while workers.count < self.workers {
            let context = try MessagingContext()
            var executor = try PollingExecutor()
            for number in 0..<min(HerdCommand.workersPerContext, self.workers - workers.count) {
                if number.isMultiple(of: HerdCommand.workersPerThread) { executor = try PollingExecutor() }
                let dealer = try DealerEndpoint(connecting: endpoint, context: context, executor: executor)
                workers.append(HerdWorker(name: "pool-\(workers.count)", dealer: dealer, report: report, desk: desk))
            }
        }
        for worker in workers { Task { await worker.run() } }
        try await desk.run()
    }
}
