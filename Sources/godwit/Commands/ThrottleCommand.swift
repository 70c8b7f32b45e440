import ArgumentParser
import ControlStore
import Coordinator
import MigrationPlan
import Scheduling

struct ThrottleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "throttle",
        abstract: "Show or change what a run may take of the databases, while it goes on.",
        discussion: """
            The limits hold for the whole pool; its coordinator lends them out and goes by new ones within seconds. What is \
            not named is left as it is; `off` lifts one. They replace the plan's `run.throttle` for this run until --plan \
            goes back to it. Without options it shows the limits and how the run stands.

            Where a signal is over its limit, or nobody knows it, nothing is read; `godwit status` says why.

            EXAMPLES
              godwit throttle
              godwit throttle --rows 20000/s --bytes 10MiB/s
              godwit throttle 3 --source-sessions 40 --replication-lag 64MiB
              godwit throttle --rows off
              godwit throttle --off

            EXIT STATUS
               0 shown or changed
               1 the run has ended
              64 there is no such run
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @OptionGroup var run: RunOptions

    @Option(
        help: ArgumentHelp("Source rows in a second, as in 20000/s.", valueName: "rows/s"),
        transform: { try .read($0, example: "20000/s", parse: RunSettings.Throttle.rows) }
    )
    var rows: ThrottleSetting<Int>?

    @Option(
        help: ArgumentHelp("Bytes of source rows in a second, as in 10MiB/s.", valueName: "bytes/s"),
        transform: { try .read($0, example: "10MiB/s", parse: RunSettings.Throttle.bytes) }
    )
    var bytes: ThrottleSetting<Int>?

    @Option(
        help: ArgumentHelp("Active sessions of others on the source.", valueName: "sessions"),
        transform: { try .read($0, example: "40", parse: Self.sessions) }
    )
    var sourceSessions: ThrottleSetting<Int>?

    @Option(
        help: ArgumentHelp("Active sessions of others on the target.", valueName: "sessions"),
        transform: { try .read($0, example: "40", parse: Self.sessions) }
    )
    var targetSessions: ThrottleSetting<Int>?

    @Option(
        help: ArgumentHelp("How far the target's slowest standby may be behind, as in 64MiB or 10s.", valueName: "lag"),
        transform: { try .read($0, example: "64MiB or 10s") { RunSettings.Throttle.Lag($0) } }
    )
    var replicationLag: ThrottleSetting<RunSettings.Throttle.Lag>?

    @Option(
        help: ArgumentHelp("WAL that the target writes in a second, as in 20MiB/s.", valueName: "bytes/s"),
        transform: { try .read($0, example: "20MiB/s", parse: RunSettings.Throttle.bytes) }
    )
    var wal: ThrottleSetting<Int>?

    @Flag(help: "Lift all limits.")
    var off = false

    @Flag(help: "Go back to the limits of the plan.")
    var plan = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        let ways = [self.off, self.plan, self.namesLimits].count { $0 }
        guard ways <= 1 else { throw ValidationError("--off, --plan and single limits exclude each other") }
    }

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "throttle")
            let planned = try ThrottleLimits(planOf: try await store.currentPlan(run.id).resolved)
            guard self.off || self.plan || self.namesLimits else {
                if run.isThrottleUnreadable, !self.output.json {
                    StandardOutput.write(
                        """
                        The limits that were set for run #\(run.number) can't be read by this version, so nothing is read. \
                        The plan's:\n
                        """
                    )
                }
                return try await self.answer(run, store, run.throttle ?? planned)
            }
            let limits: ThrottleLimits? =
                self.plan ? nil : self.off ? ThrottleLimits.none : self.changed(run.throttle ?? planned)
            try await store.throttle(run.id, limits, by: Machine.caller)
            try await self.answer(run, store, limits ?? planned)
        }
    }
}

extension ThrottleCommand {
    private var namesLimits: Bool {
        self.rows != nil || self.bytes != nil || self.sourceSessions != nil || self.targetSessions != nil
            || self.replicationLag != nil || self.wal != nil
    }

    private static func sessions(_ text: String) -> Int? {
        Int(text).flatMap { $0 >= 0 ? $0 : nil }
    }

    private func changed(_ limits: ThrottleLimits) -> ThrottleLimits {
        var limits = limits
        ThrottleSetting.apply(self.rows, to: &limits.rowsPerSecond)
        ThrottleSetting.apply(self.bytes, to: &limits.bytesPerSecond)
        ThrottleSetting.apply(self.sourceSessions, to: &limits.sourceSessions)
        ThrottleSetting.apply(self.targetSessions, to: &limits.targetSessions)
        ThrottleSetting.apply(self.wal, to: &limits.walBytesPerSecond)
        switch self.replicationLag {
        case nil: break
        case .off: limits.replicationLag = nil
        case .value(.bytes(let bytes)): limits.replicationLag = .bytes(bytes)
        case .value(.seconds(let seconds)): limits.replicationLag = .seconds(seconds)
        }
        return limits
    }

    private func answer(_ run: RunRecord, _ store: ControlStore, _ limits: ThrottleLimits) async throws {
        let view = try await RunView.read(run.id, from: store)
        // Under limits that have changed since, it says nothing.
        let standing =
            view.isActive && view.isLed ? view.metrics?.throttle.flatMap { $0.limits == limits ? $0 : nil } : nil
        guard !self.output.json else {
            try JSONOutput.print(
                ThrottleAnswer(
                    run: RunRow(view.run),
                    limits: ThrottleAnswer.Limits(limits),
                    standing: standing?.standing,
                    reason: standing?.reason
                )
            )
            return
        }
        let text = limits.isEmpty ? "is not throttled" : "may take \(limits.text)"
        StandardOutput.write("run #\(run.number) \(run.name) \(text)\n")
        if let reason = standing?.reason { StandardOutput.write("\(reason)\n") }
    }
}
