import ArgumentParser
import ControlStore
import Foundation
import Scheduling

struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Have workers leave: they finish the running shard, or give it back within the deadline.",
        discussion: """
            The request is kept in the control schema. The coordinator passes it on; a worker that hears no coordinator \
            finds it there itself. What a worker gives back is granted again at once. A worker that supervisors start \
            anew comes back: stop it there instead.

            EXAMPLES
              godwit drain alpha-1 --wait
              godwit drain --host build-7 --deadline 30s
              godwit drain --all --run 3

            EXIT STATUS
               0 asked, with --wait: left
               1 one has left already, or did not leave in time
              64 there is no such run or worker
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @Argument(help: ArgumentHelp("The workers' names.", valueName: "worker"))
    var workers: [String] = []

    @Flag(help: "All workers of the run.")
    var all = false

    @Option(help: ArgumentHelp("All workers of the run on this host.", valueName: "host"))
    var host: String?

    @Option(
        help: ArgumentHelp(
            "What running shards have to end before they are rolled back: 500ms, 30s, 2m.",
            valueName: "time"
        )
    )
    var deadline = TimeSpan(.seconds(7))

    @Flag(help: "Wait until they have left.")
    var wait = false

    @OptionGroup var run: SelectedRunOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        let ways = [!self.workers.isEmpty, self.all, self.host != nil].count { $0 }
        guard ways == 1 else { throw ValidationError("give workers' names, --host, or --all") }
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let start = ContinuousClock.now
            let (store, run) = try await self.run.open(for: "drain")
            let selection: DrainSelection =
                if let host = self.host {
                    .host(host)
                } else {
                    self.all ? .all : .named(self.workers.map { WorkerName(rawValue: $0) })
                }
            let asked = try await store.drain(
                selection,
                of: run.id,
                within: self.deadline.duration,
                by: Machine.caller
            )
            let remaining = self.wait ? try await self.waitUntilGone(asked, run.id, store) : []
            try self.say(asked, remaining, run, seconds: (ContinuousClock.now - start) / .seconds(1))
            guard remaining.isEmpty else {
                throw CommandFailure(
                    .failed,
                    """
                    \(remaining.map(\.name.rawValue).joined(separator: ", ")) did not leave in time; a worker that is dead \
                    or stopped can't, its shards come back when their leases expire
                    """
                )
            }
        }
    }

    private struct Answer: Encodable {
        var run: String
        var asked: [String]
        var remaining: [String]
        var seconds: Double
    }

    private func say(_ asked: [WorkerRecord], _ remaining: [WorkerRecord], _ run: RunRecord, seconds: Double) throws {
        if self.output.json {
            let answer = Answer(
                run: run.id.description,
                asked: asked.map(\.name.rawValue),
                remaining: remaining.map(\.name.rawValue),
                seconds: seconds
            )
            return try JSONOutput.print(answer)
        }
        guard !asked.isEmpty else {
            return StandardOutput.write("run #\(run.number) has no worker there that is still at work\n")
        }
        guard remaining.isEmpty else { return }
        let names = asked.prefix(10).map(\.name.rawValue).joined(separator: " ") + (asked.count > 10 ? " …" : "")
        StandardOutput.write(
            self.wait
                ? "\(Figures.counted(asked.count, "worker")) left after \(Figures.duration(seconds)) (\(names))\n"
                : "\(Figures.counted(asked.count, "worker")) asked to leave (\(names)); godwit workers \(run.number) shows them go\n"
        )
    }

    /// What a worker needs besides its deadline: to hear of it, to roll back, to say so.
    ///
    /// Safe from the 10 s up that a worker without a coordinator may take.
    private static let grace = Duration.seconds(15)
    /// The control schema is looked at in this time.
    private static let interval = Duration.milliseconds(100)

    /// - Returns: Those that are still there when their time is over.
    private func waitUntilGone(
        _ asked: [WorkerRecord],
        _ run: RunID,
        _ store: ControlStore
    ) async throws -> [WorkerRecord] {
        let end = ContinuousClock.now + self.deadline.duration + Self.grace
        let incarnations = Set(asked.map(\.incarnation))
        while true {
            let remaining = try await store.workers(of: run)
                .filter { incarnations.contains($0.incarnation) && !$0.hasLeft }
            guard !remaining.isEmpty, ContinuousClock.now < end else { return remaining }
            try await Task.sleep(for: Self.interval)
        }
    }
}
