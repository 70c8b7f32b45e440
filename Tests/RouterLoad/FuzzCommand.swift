import ArgumentParser
import Messaging

struct FuzzCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz",
        abstract: "Send hostile messages to a coordinator without keys, and see that it answers all the time."
    )

    @Option(help: "Where the coordinator listens.")
    var coordinator: String

    @Option(help: "How many messages.")
    var frames = 200_000

    @Option(help: "The same sends the same messages (default: any).")
    var seed: UInt64?

    @Option(help: "Of the coordinator, whose memory is printed.")
    var pid: Int32

    /// Connections at once; their windows together stay below what the coordinator queues.
    private static let senders = 8
    private static let reports = 10

    func run() async throws {
        let seed = self.seed ?? .random(in: .min ... .max)
        Report.line("seed \(seed)")
        let endpoint = try Endpoint(self.coordinator)
        let senders = try (0..<Self.senders)
            .map { try HostileSender(endpoint, seed: seed &+ UInt64($0)) }
        let start = ContinuousClock.now
        let share = self.frames / Self.reports / Self.senders
        for report in 1...Self.reports {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in senders { group.addTask { try await sender.send(share) } }
                try await group.waitForAll()
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let sent = share * Self.senders * report
            let memory = ProcessMemory.resident(of: self.pid) / 1024
            Report.line("\(sent) messages, \(Int(seconds)) s, \(memory) KiB resident")
        }
        for sender in senders { await sender.close() }
    }
}
